"""Judging the values of series by every rule of their indicator: gather, decide, act. Part of both commands of stage two."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.analytics.domain.anomaly import Anomaly, Change, Judged, close, reconcile
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.counted_windows import by_steps, counts_apart
from services.analytics.domain.episode import Episode, Start, episodes, windows_before
from services.analytics.domain.expected_windows import NOWHERE, Reach, seen_by
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey, subject_values
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.ports.evaluating import EvaluateUnitOfWork
from services.analytics.use_cases.counting import Counting
from services.analytics.use_cases.judged_series import JudgedSeries, standing_since
from services.analytics.use_cases.remembering import Records, Resuming, remembered


@dataclass(frozen=True, slots=True)
class Turn:
    """One transaction: where it reads and writes, by which definitions, and when (UTC)."""

    uow: EvaluateUnitOfWork
    catalogue: Catalogue
    now: datetime


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
        if not rules or not values:
            return []
        by_series = _by_series(values)
        since = {series: min(value.window.start for value in found) for series, found in by_series.items()}
        standing = standing_since(turn.uow, since, rules=rules, scene=_scene(turn, indicator))
        judged = [
            JudgedSeries(found[0].key, since[series], standing.get(series, ()), bearing)
            for series, found in by_series.items()
            if (bearing := _rules_to_ask(rules, found, standing.get(series, ()), scene=_scene(turn, indicator)))
        ]
        return self._judge(turn, indicator, Resuming(turn.uow, turn.catalogue).resumed(judged), reach=reach)

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
        standing = standing_since(turn.uow, starts, rules=rules, scene=_scene(turn, indicator))
        judged = [JudgedSeries(key, start, standing.get(key.series, ()), rules) for key, start in since.items()]
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
        judged = [JudgedSeries(key, None, standing.get(key.series, ()), rules) for key in keys]
        return left + self._judge(turn, indicator, remembered(judged, turn.uow), reach=reach)

    def _judge(self, turn: Turn, indicator: Indicator, judged: Sequence[JudgedSeries], *, reach: Reach) -> list[Change]:
        if not judged:
            return []
        scene = _scene(turn, indicator)
        wanted = {item.key.series: _reads_from(item, scene) for item in judged}
        with_open = any(isinstance(rule.condition, MissingData) for item in judged for rule in item.rules)
        history = turn.uow.values.history(wanted, with_open=with_open)
        counted: Mapping[bytes, Sequence[KpiValue]] = history
        if with_open and counts_apart(indicator):
            since = {item.key: wanted[item.key.series] for item in judged}
            counted = Counting(turn.uow.values, turn.catalogue).history(indicator, since)
        changes: list[Change] = []
        records = Records()
        for item in judged:
            own = replace(scene, phases=turn.catalogue.phases_of(item.key.indicator, item.key.subject))
            for rule in item.rules:
                is_counted = isinstance(rule.condition, MissingData)
                seen = replace(own, indicator=by_steps(indicator)) if is_counted else own
                held = (counted if is_counted else history).get(item.key.series, ())
                values = seen_by(rule, held, seen, reach=reach)
                changes += self._decide(turn, item, Judge(seen, rule), values=values, records=records)
        turn.uow.anomalies.save([change.anomaly for change in changes])
        records.keep(turn.uow)
        turn.uow.events.anomalies(changes, turn.now)
        return changes

    def _decide(
        self, turn: Turn, item: JudgedSeries, judge: Judge, *, values: Sequence[KpiValue], records: Records
    ) -> list[Change]:
        scene, rule = judge.scene, judge.rule
        known, before = item.known_of(rule), item.before(rule)
        subject = subject_values(item.key.subject)
        ended = [] if before is None else [before]
        start = item.start_of(rule)
        if not rule.covers(subject):
            found = _left_alone(start)
        elif rule.remembers:
            found = records.judged(item, rule, values, scene=scene)
        else:
            found = episodes(rule, values, start, scene=scene)
        judged = Judged(rule, scene.indicator, scene.calendar, item.key, subject, turn.now)
        return reconcile([*ended, *known], found, judged, new_id=self._new_id)


def _left_alone(start: Start) -> list[Episode]:
    return [] if start.before is None else [start.before]


def _scene(turn: Turn, indicator: Indicator) -> Scene:
    return Scene(indicator, turn.catalogue.calendar_of(indicator))


def close_other_versions(turn: Turn, open_anomalies: Sequence[Anomaly]) -> list[Change]:
    """Close what rests on another version of an indicator."""
    changes = [close(anomaly, "redefined", turn.now) for anomaly in open_anomalies]
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


def _left_behind(anomalies: Sequence[Anomaly], rules: Sequence[Rule], now: datetime) -> list[Change]:
    names = {rule.name for rule in rules}
    return [
        close(anomaly, "no_rule", now) for anomaly in anomalies if anomaly.rule not in names and anomaly.state == "open"
    ]


def _reads_from(item: JudgedSeries, scene: Scene) -> datetime | None:
    """Where the history must begin: early enough for every rule's run and for the episodes that are judged again."""
    starts = [_rule_reads_from(item, rule, scene) for rule in item.rules]
    known = [start for start in starts if start is not None]
    return None if item.since is None or len(known) < len(starts) else min(known, default=item.since)


def _rule_reads_from(item: JudgedSeries, rule: Rule, scene: Scene) -> datetime | None:
    if rule.remembers:
        return item.remembered_until(rule)
    begins = item.begins(rule)
    if begins is None:
        return None
    return rule.condition.reads_from(windows_before(begins, rule.context, scene), scene)
