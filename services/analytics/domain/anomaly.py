"""An anomaly: a rule's episode on one subject, as it is known to people: raised, updated, cleared, withdrawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Literal

from services.analytics.domain.episode import Episode
from services.analytics.domain.indicator import Direction, Indicator
from services.analytics.domain.kpi_value import SeriesKey
from services.analytics.domain.reason import reason
from services.analytics.domain.rule import Comparator, Deviation, Severity, TargetRule
from shared.calendars.calendar import Calendar

State = Literal["open", "cleared", "withdrawn"]

RULE_KIND = "target"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One anomaly as it now stands.

    Attributes:
        reason: why, for people, with the numbers.
        target: the rule's, as a double; the judgement used the decimal.
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

    rule: TargetRule
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
    raised, and cleared at once if it is over. A known anomaly without an episode should never have been raised.

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
    withdrawn = [withdraw(anomaly, _UNDONE, judged.now) for anomaly in left]
    return withdrawn + changes


_UNDONE = "the values as they now are do not show it"


def withdraw(anomaly: Anomaly, why: str, now: datetime) -> Change:
    """It should never have been raised."""
    sentence = f"{anomaly.reason}; withdrawn: {why}"
    return Change(ChangeKind.WITHDRAWN, replace(anomaly, state="withdrawn", withdrawn_at=now, reason=sentence))


def close(anomaly: Anomaly, why: str, now: datetime) -> Change:
    """It was right when it was raised, and nobody will judge it any more."""
    return Change(
        ChangeKind.CLEARED, replace(anomaly, state="cleared", cleared_at=now, reason=f"{anomaly.reason}; {why}")
    )


def _raise(episode: Episode, judged: Judged, new_id: str) -> list[Change]:
    rule, indicator = judged.rule, judged.indicator
    anomaly = Anomaly(
        id=new_id,
        key=judged.key,
        subject=judged.subject,
        rule=rule.name,
        rule_version=rule.version,
        indicator_direction=indicator.direction,
        indicator_title=indicator.title,
        state="open",
        direction=rule.deviation,
        severity=rule.severity,
        opens_issue=rule.opens_issue,
        reason=_sentence(replace(episode, cleared=None, clearing=None), judged),
        comparator=rule.comparator,
        target=float(rule.target),
        episode=replace(episode, cleared=None, clearing=None),
        raised_at=judged.now,
        goal_id=rule.goal_id,
    )
    return [Change(ChangeKind.RAISED, anomaly), *_update(anomaly, episode, judged)]


def _update(anomaly: Anomaly, episode: Episode, judged: Judged) -> list[Change]:
    rule = judged.rule
    same_end = anomaly.episode.cleared == episode.cleared
    now = replace(
        anomaly,
        rule_version=rule.version,
        indicator_title=judged.indicator.title,
        indicator_direction=judged.indicator.direction,
        state="open" if episode.cleared is None else "cleared",
        direction=rule.deviation,
        severity=rule.severity,
        opens_issue=rule.opens_issue,
        reason=_sentence(episode, judged),
        comparator=rule.comparator,
        target=float(rule.target),
        episode=episode,
        cleared_at=None if episode.cleared is None else anomaly.cleared_at if same_end else judged.now,
    )
    if now == anomaly:
        return []
    has_ended = now.state == "cleared" and anomaly.state == "open"
    return [Change(ChangeKind.CLEARED if has_ended else ChangeKind.UPDATED, now)]


def _sentence(episode: Episode, judged: Judged) -> str:
    return reason(
        episode, rule=judged.rule, indicator=judged.indicator, calendar=judged.calendar, subject=judged.subject
    )
