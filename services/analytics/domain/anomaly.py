"""An anomaly: a rule's episode on one subject, as it is known to people: raised, updated, cleared, withdrawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Literal

from services.analytics.domain.episode import Episode
from services.analytics.domain.finding import LANGUAGES, Comparator, Deviation, Scene
from services.analytics.domain.indicator import Direction, Indicator
from services.analytics.domain.kpi_value import SeriesKey
from services.analytics.domain.reason import reason
from services.analytics.domain.rule import Rule, Severity
from services.analytics.domain.rules.missing_data import MissingData
from shared.calendars.calendar import Calendar
from shared.calendars.windows import next_window

State = Literal["open", "cleared", "withdrawn"]

Meaning = Literal["deterioration", "improvement"]

Clearing = Literal["in_order", "no_rule", "redefined"]
"""Why an anomaly was cleared: windows in order completed a run, no rule judges it any more, the indicator was defined anew."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One anomaly as it now stands.

    Attributes:
        reason: why, for people, with the numbers.
        comparator, target: how a value in order compares with the limit of the newest evidence; the judgement used exact numbers.
        reasons: the sentence in each language, `reason` among them.
        meaning: what the deviation is by the indicator's direction.
        clear_after: how many windows in a row must be in order for it to be cleared, by the rule's version.
        cleared_because: None while it is open.
        raised_at, cleared_at, withdrawn_at: when Andon found out, UTC; the windows concerned stand in `episode`.
    """

    id: str
    key: SeriesKey
    subject: Mapping[str, str]
    rule: str
    rule_version: int
    indicator_direction: Direction
    indicator_title: Mapping[str, str]
    state: State
    direction: Deviation
    severity: Severity
    opens_issue: bool
    reason: str
    comparator: Comparator
    target: float
    episode: Episode
    raised_at: datetime
    cleared_at: datetime | None = None
    withdrawn_at: datetime | None = None
    goal_id: str | None = None
    rule_kind: str = "target"
    reasons: Mapping[str, str] = field(default_factory=dict)
    meaning: Meaning = "deterioration"
    clear_after: int = 1
    cleared_because: Clearing | None = None


class ChangeKind(Enum):
    """What became of an anomaly; one published event type each."""

    RAISED = "raised"
    UPDATED = "updated"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to an anomaly, and the anomaly after it."""

    kind: ChangeKind
    anomaly: Anomaly


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged: a rule on one subject's values of one indicator, at `now` (UTC)."""

    rule: Rule
    indicator: Indicator
    calendar: Calendar
    key: SeriesKey
    subject: Mapping[str, str]
    now: datetime


def reconcile(
    known: Sequence[Anomaly], found: Sequence[Episode], judged: Judged, *, new_id: Callable[[], str]
) -> list[Change]:
    """Make the known anomalies agree with the episodes found; where they agree already nothing changes.

    An episode that shares a window with a known anomaly *is* that anomaly, the earliest first. An episode without one is
    raised, and cleared at once if it is over. A known anomaly that is left over where an earlier one goes on is part of that. Any
    other without an episode should never have been raised; of missing data it should: they came in after they were due.

    Args:
        known: anomalies of this rule and subject that are not withdrawn and not untouched by what was judged, in order.
        found: episodes from the same starting point, in order.
    """
    changes: list[Change] = []
    left = list(known)
    for episode in found:
        same = next((anomaly for anomaly in left if anomaly.episode.overlaps(episode)), None)
        if same is None:
            changes += _raise(episode, judged, new_id())
        else:
            left.remove(same)
            changes += _update(same, episode, judged)
    return [*_without_episode(left, found, judged), *changes]


_GOES_ON = {"en": "it is part of the anomaly before it, which goes on", "zh": "已并入先前仍在持续的异常"}
_UNDONE = {"en": "the values as they now are do not show it", "zh": "现有数值已不再显示该异常"}
_WITHDRAWN = {"en": "; withdrawn: ", "zh": "；已撤回："}
_BETWEEN = {"en": "; ", "zh": "；"}


def _without_episode(anomalies: Sequence[Anomaly], found: Sequence[Episode], judged: Judged) -> list[Change]:
    merged = [one for one in anomalies if any(one.episode.overlaps(episode) for episode in found)]
    others = [one for one in anomalies if one not in merged]
    changes = [withdraw(one, _GOES_ON, judged.now) for one in merged]
    if isinstance(judged.rule.condition, MissingData):
        return changes + [_came_late(one, judged) for one in others if one.state == "open"]
    return changes + [withdraw(one, _UNDONE, judged.now) for one in others]


def _came_late(anomaly: Anomaly, judged: Judged) -> Change:
    """Over with the last window that lacked data, so that what is missing later is another anomaly."""
    last = anomaly.episode.evidence[-1].window
    over = replace(anomaly.episode, cleared=next_window(judged.calendar, judged.indicator.window.cut, last))
    return close(replace(anomaly, episode=over), "in_order", judged.now)


def withdraw(anomaly: Anomaly, why: Mapping[str, str], now: datetime) -> Change:
    """It should never have been raised."""
    told = _told_further(anomaly, why, _WITHDRAWN)
    return Change(ChangeKind.WITHDRAWN, replace(told, state="withdrawn", withdrawn_at=now))


_CLOSED: Mapping[Clearing, Mapping[str, str]] = {
    "in_order": {"en": "the data have come in since", "zh": "数据已补齐"},
    "no_rule": {"en": "no rule judges it any more", "zh": "已无规则判定该项"},
    "redefined": {"en": "the indicator was defined anew and is judged afresh", "zh": "指标已重新定义，将重新判定"},
}


def close(anomaly: Anomaly, because: Clearing, now: datetime) -> Change:
    """It was right when it was raised, and nobody will judge it any more, or what was missing has come."""
    told = _told_further(anomaly, _CLOSED[because], _BETWEEN)
    return Change(ChangeKind.CLEARED, replace(told, state="cleared", cleared_at=now, cleared_because=because))


def _told_further(anomaly: Anomaly, why: Mapping[str, str], joint: Mapping[str, str]) -> Anomaly:
    reasons = {one: f"{said}{joint[one]}{why[one]}" for one, said in anomaly.reasons.items()}
    return replace(anomaly, reason=f"{anomaly.reason}{joint['en']}{why['en']}", reasons=reasons)


def _raise(episode: Episode, judged: Judged, new_id: str) -> list[Change]:
    rule = judged.rule
    started = replace(episode, cleared=None, clearing=None)
    newest = started.evidence[-1]
    anomaly = Anomaly(
        id=new_id,
        key=judged.key,
        subject=judged.subject,
        rule=rule.name,
        rule_version=rule.version,
        indicator_direction=judged.indicator.direction,
        indicator_title=judged.indicator.title,
        state="open",
        direction=_side(started),
        severity=rule.severity_of(started.size),
        opens_issue=False,
        reason="",
        comparator=rule.condition.good(_side(started)),
        target=newest.value if newest.limit is None else newest.limit,
        episode=started,
        raised_at=judged.now,
        goal_id=rule.goal_id,
    )
    raised = _as_it_stands(anomaly, started, judged)
    return [Change(ChangeKind.RAISED, raised), *_update(raised, episode, judged)]


def _update(anomaly: Anomaly, episode: Episode, judged: Judged) -> list[Change]:
    now = _as_it_stands(anomaly, episode, judged)
    if now == anomaly:
        return []
    has_ended = now.state == "cleared" and anomaly.state == "open"
    return [Change(ChangeKind.CLEARED if has_ended else ChangeKind.UPDATED, now)]


def _as_it_stands(anomaly: Anomaly, episode: Episode, judged: Judged) -> Anomaly:
    """The anomaly with this episode, by the rule and the indicator in force."""
    rule, newest = judged.rule, episode.evidence[-1]
    same_end = anomaly.episode.cleared == episode.cleared
    meaning = _meaning(episode, judged)
    reasons = _sentences(episode, judged)
    return replace(
        anomaly,
        rule_version=rule.version,
        rule_kind=rule.condition.kind,
        indicator_title=judged.indicator.title,
        indicator_direction=judged.indicator.direction,
        state="open" if episode.cleared is None else "cleared",
        direction=_side(episode),
        meaning=meaning,
        clear_after=rule.clear_after,
        cleared_because=None if episode.cleared is None else "in_order",
        severity=rule.severity_of(episode.size),
        opens_issue=rule.opens_issue and rule.mode == "act" and meaning == "deterioration",
        reason=reasons["en"],
        reasons=reasons,
        comparator=rule.condition.good(_side(episode)),
        target=newest.value if newest.limit is None else newest.limit,
        episode=episode,
        cleared_at=None if episode.cleared is None else anomaly.cleared_at if same_end else judged.now,
    )


def _side(episode: Episode) -> Deviation:
    return episode.side or "below"


def _meaning(episode: Episode, judged: Judged) -> Meaning:
    """What misses a target is worse, whatever the indicator's direction, and so are too few or too many readings; else, of two
    sides the direction tells.
    """
    if not judged.rule.condition.has_two_sides or isinstance(judged.rule.condition, MissingData):
        return "deterioration"
    worse = "below" if judged.indicator.direction == "higher_is_better" else "above"
    return "deterioration" if episode.side == worse else "improvement"


def _sentences(episode: Episode, judged: Judged) -> dict[str, str]:
    scene = Scene(judged.indicator, judged.calendar)
    return {
        language: reason(episode, rule=judged.rule, scene=scene, subject=judged.subject, language=language)
        for language in LANGUAGES
    }
