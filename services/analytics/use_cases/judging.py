"""Judging the values of series by every rule of their indicator: gather, decide, act. Part of both commands of stage two."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.analytics.domain.anomaly import Anomaly, Change, Judged, close, reconcile
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.episode import Episode, Start, context_begins, episodes, starting_point
from services.analytics.domain.expected_windows import NOWHERE, Expectation, Reach
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey, subject_values
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.ports.evaluating import EvaluateUnitOfWork

NO_RULE = {"en": "no rule judges it any more", "zh": "已无规则判定该项"}
REDEFINED = {"en": "the indicator was defined anew and is judged afresh", "zh": "指标已重新定义，将重新判定"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One transaction: where it reads and writes, by which definitions, and when (UTC)."""

    uow: EvaluateUnitOfWork
    catalogue: Catalogue
    now: datetime


@dataclass(frozen=True, slots=True)
class _Series:
    """What is judged: one series, from the window `since` (None: all of it)."""

    key: SeriesKey
    since: datetime | None
    standing: Sequence[Anomaly]
    rules: Sequence[Rule]

    def known_of(self, rule: Rule) -> list[Anomaly]:
        """The rule's anomalies that a value changed at `since` can bear on."""
        return [
            anomaly
            for anomaly in self.standing
            if anomaly.rule == rule.name and (self.since is None or _lasts_until(anomaly, self.since))
        ]

    def begins(self, rule: Rule) -> datetime | None:
        """Start of the first window that this rule judges again."""
        return (
            None if self.since is None else min([self.since, *(known.episode.first for known in self.known_of(rule))])
        )

    def before(self, rule: Rule) -> Anomaly | None:
        """The rule's newest anomaly that was cleared before all that, and yet bears on what is found now."""
        begins = self.begins(rule)
        if begins is None or not rule.looks_back:
            return None
        touched = {anomaly.id for anomaly in self.known_of(rule)}
        ended = [one for one in self.standing if one.rule == rule.name and one.id not in touched and _ended(one)]
        return ended[-1] if ended else None


@dataclass(frozen=True, slots=True)
class Judge:
    """One rule, and the indicator whose values it judges."""

    scene: Scene
    rule: Rule


class Judging:
    """Brings the anomalies of series into agreement with their values."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def changed(
        self, turn: Turn, indicator: Indicator, values: Sequence[KpiValue], *, reach: Reach = NOWHERE
    ) -> list[Change]:
        """Judge again, from the earliest of these final or restated values of each series onward.

        Args:
            reach: how far windows without values are due, for rules about missing data.
        """
        rules = turn.catalogue.rules_of(indicator.name)
        by_series = _by_series(values)
        since = {series: min(value.window.start for value in found) for series, found in by_series.items()}
        if not by_series:
            return []
        standing = _standing(turn, indicator, since=since, rules=rules)
        judged = [
            _Series(found[0].key, since[series], standing.get(series, ()), bearing)
            for series, found in by_series.items()
            if (bearing := _rules_to_ask(rules, found, standing.get(series, ()), scene=_scene(turn, indicator)))
        ]
        return self._judge(turn, indicator, judged, reach=reach)

    def expected(
        self,
        turn: Turn,
        indicator: Indicator,
        since: Mapping[SeriesKey, datetime],
        *,
        rules: Sequence[Rule],
        reach: Reach,
    ) -> list[Change]:
        """Judge by rules about missing data, whose time has come though no value has.

        Args:
            since: series → start of the first window to be judged again.
        """
        if not since:
            return []
        starts = {key.series: start for key, start in since.items()}
        standing = _standing(turn, indicator, since=starts, rules=rules)
        judged = [_Series(key, start, standing.get(key.series, ()), rules) for key, start in since.items()]
        return self._judge(turn, indicator, judged, reach=reach)

    def whole(
        self, turn: Turn, indicator: Indicator, keys: Sequence[SeriesKey], *, reach: Reach = NOWHERE
    ) -> list[Change]:
        """Judge everything that is stored of these series, and close what no rule stands behind."""
        if not keys:
            return []
        rules = turn.catalogue.rules_of(indicator.name)
        standing = turn.uow.anomalies.standing([key.series for key in keys], None)
        left = _left_behind([anomaly for found in standing.values() for anomaly in found], rules, turn.now)
        turn.uow.anomalies.save([change.anomaly for change in left])
        turn.uow.events.anomalies(left, turn.now)
        judged = [_Series(key, None, standing.get(key.series, ()), rules) for key in keys]
        return left + self._judge(turn, indicator, judged, reach=reach)

    def _judge(self, turn: Turn, indicator: Indicator, judged: Sequence[_Series], *, reach: Reach) -> list[Change]:
        if not judged:
            return []
        scene = _scene(turn, indicator)
        wanted = {item.key.series: _reads_from(item, scene) for item in judged}
        with_open = any(isinstance(rule.condition, MissingData) for item in judged for rule in item.rules)
        history = turn.uow.values.history(wanted, with_open=with_open)
        changes = [
            change
            for item in judged
            for rule in item.rules
            for change in self._decide(
                turn,
                item,
                Judge(scene, rule),
                values=_seen_by(rule, history.get(item.key.series, ()), scene, reach=reach),
            )
        ]
        turn.uow.anomalies.save([change.anomaly for change in changes])
        turn.uow.events.anomalies(changes, turn.now)
        return changes

    def _decide(self, turn: Turn, item: _Series, judge: Judge, *, values: Sequence[KpiValue]) -> list[Change]:
        scene, rule = judge.scene, judge.rule
        known, before = item.known_of(rule), item.before(rule)
        subject = subject_values(item.key.subject)
        ended = [] if before is None else [before]
        start = starting_point(
            [anomaly.episode for anomaly in known], item.since, before=[anomaly.episode for anomaly in ended]
        )
        found = episodes(rule, values, start, scene=scene) if rule.covers(subject) else _left_alone(start)
        judged = Judged(rule, scene.indicator, scene.calendar, item.key, subject, turn.now)
        return reconcile([*ended, *known], found, judged, new_id=self._new_id)


def _seen_by(rule: Rule, values: Sequence[KpiValue], scene: Scene, *, reach: Reach) -> Sequence[KpiValue]:
    """What a rule judges: final and restated values, or the windows that should have readings."""
    if isinstance(rule.condition, MissingData):
        return Expectation(rule.name, rule.condition, scene, reach).windows(values)
    return [value for value in values if value.status != "provisional"]


def _left_alone(start: Start) -> list[Episode]:
    return [] if start.before is None else [start.before]


def _scene(turn: Turn, indicator: Indicator) -> Scene:
    return Scene(indicator, turn.catalogue.calendar_of(indicator))


def _standing(
    turn: Turn, indicator: Indicator, *, since: Mapping[bytes, datetime], rules: Sequence[Rule]
) -> Mapping[bytes, Sequence[Anomaly]]:
    """The anomalies that what changed can bear on, and those before them that the rules look back to.

    Asked twice where an anomaly is judged again that began long before the change: what was cleared just before it counts, too.
    """
    looks_back, scene = max((rule.looks_back for rule in rules), default=0), _scene(turn, indicator)
    earliest = min(since.values())
    asked = _windows_before(earliest, looks_back, scene) if looks_back else earliest
    found = turn.uow.anomalies.standing(list(since), asked)
    if not looks_back:
        return found
    firsts = [one.episode.first for series, held in found.items() for one in held if _lasts_until(one, since[series])]
    again = _windows_before(min([earliest, *firsts]), looks_back, scene)
    return found if again >= asked else turn.uow.anomalies.standing(list(since), again)


def close_other_versions(turn: Turn, open_anomalies: Sequence[Anomaly]) -> list[Change]:
    """Close what rests on another version of an indicator."""
    changes = [close(anomaly, REDEFINED, turn.now) for anomaly in open_anomalies]
    turn.uow.anomalies.save([change.anomaly for change in changes])
    turn.uow.events.anomalies(changes, turn.now)
    return changes


def _by_series(values: Sequence[KpiValue]) -> dict[bytes, list[KpiValue]]:
    found: dict[bytes, list[KpiValue]] = {}
    for value in values:
        found.setdefault(value.key.series, []).append(value)
    return found


def _rules_to_ask(
    rules: Sequence[Rule], changed: Sequence[KpiValue], standing: Sequence[Anomaly], *, scene: Scene
) -> list[Rule]:
    """The rules whose anomalies may change: a value is found, or one that was may have been part of an anomaly."""
    named = {anomaly.rule for anomaly in standing}
    asked = [rule for rule in rules if rule.name in named or _may_find(rule, changed, scene)]
    if not asked:
        return []
    subject = subject_values(changed[0].key.subject)
    return [rule for rule in asked if rule.name in named or rule.covers(subject)]


def _may_find(rule: Rule, changed: Sequence[KpiValue], scene: Scene) -> bool:
    if not rule.asks_only_for_misses:
        return True
    findings = rule.condition.findings(changed, scene)
    return any(finding is not None and finding.side is not None for finding in findings)


def _ended(anomaly: Anomaly) -> bool:
    return anomaly.episode.cleared is not None


def _lasts_until(anomaly: Anomaly, moment: datetime) -> bool:
    cleared = anomaly.episode.cleared
    return (anomaly.state == "open" or cleared is not None) and (cleared is None or cleared.start >= moment)


def _left_behind(anomalies: Sequence[Anomaly], rules: Sequence[Rule], now: datetime) -> list[Change]:
    names = {rule.name for rule in rules}
    return [
        close(anomaly, NO_RULE, now) for anomaly in anomalies if anomaly.rule not in names and anomaly.state == "open"
    ]


def _reads_from(item: _Series, scene: Scene) -> datetime | None:
    """Where the history must begin: early enough for every rule's run and for the episodes that are judged again."""
    starts = [_rule_reads_from(begins, rule, scene) for rule in item.rules if (begins := item.begins(rule)) is not None]
    return None if item.since is None else min(starts)


def _rule_reads_from(begins: datetime, rule: Rule, scene: Scene) -> datetime:
    return rule.condition.reads_from(_windows_before(begins, rule.context, scene), scene)


def _windows_before(since: datetime, windows: int, scene: Scene) -> datetime:
    return context_begins(since, scene.indicator.window.cut, windows, longest_break=scene.longest_break)
