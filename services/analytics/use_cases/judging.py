"""Judging the values of series by every rule of their indicator: gather, decide, act. Part of both commands of stage two."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.analytics.domain.anomaly import Anomaly, Change, Judged, close, reconcile
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.episode import context_begins, episodes, starting_point
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey, subject_values
from services.analytics.domain.rule import TargetRule, is_met
from services.analytics.domain.succession import succession
from services.analytics.ports.evaluating import EvaluateUnitOfWork

NO_RULE = "no rule judges it any more"
REDEFINED = "the indicator was defined anew and is judged afresh"


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
    rules: Sequence[TargetRule]

    def known_of(self, rule: TargetRule) -> list[Anomaly]:
        """The rule's anomalies that a value changed at `since` can bear on."""
        return [
            anomaly
            for anomaly in self.standing
            if anomaly.rule == rule.name and (self.since is None or _lasts_until(anomaly, self.since))
        ]


@dataclass(frozen=True, slots=True)
class Judge:
    """One rule, and the indicator whose values it judges."""

    indicator: Indicator
    rule: TargetRule


class Judging:
    """Brings the anomalies of series into agreement with their values."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def changed(self, turn: Turn, indicator: Indicator, values: Sequence[KpiValue]) -> list[Change]:
        """Judge again, from the earliest of these final or restated values of each series onward."""
        rules = turn.catalogue.rules_of(indicator.name)
        by_series = _by_series(values)
        since = {series: min(value.window.start for value in found) for series, found in by_series.items()}
        if not by_series:
            return []
        standing = turn.uow.anomalies.standing(list(since), min(since.values()))
        judged = [
            _Series(found[0].key, since[series], standing.get(series, ()), bearing)
            for series, found in by_series.items()
            if (bearing := _rules_to_ask(rules, found, standing.get(series, ())))
        ]
        return self._judge(turn, indicator, judged)

    def whole(self, turn: Turn, indicator: Indicator, keys: Sequence[SeriesKey]) -> list[Change]:
        """Judge everything that is stored of these series, and close what no rule stands behind."""
        if not keys:
            return []
        rules = turn.catalogue.rules_of(indicator.name)
        standing = turn.uow.anomalies.standing([key.series for key in keys], None)
        left = _left_behind([anomaly for found in standing.values() for anomaly in found], rules, turn.now)
        turn.uow.anomalies.save([change.anomaly for change in left])
        turn.uow.events.anomalies(left, turn.now)
        judged = [_Series(key, None, standing.get(key.series, ()), rules) for key in keys]
        return left + self._judge(turn, indicator, judged)

    def _judge(self, turn: Turn, indicator: Indicator, judged: Sequence[_Series]) -> list[Change]:
        if not judged:
            return []
        history = turn.uow.values.history({item.key.series: _reads_from(item, indicator) for item in judged})
        changes = [
            change
            for item in judged
            for rule in item.rules
            for change in self._decide(turn, item, Judge(indicator, rule), values=history.get(item.key.series, ()))
        ]
        turn.uow.anomalies.save([change.anomaly for change in changes])
        turn.uow.events.anomalies(changes, turn.now)
        return changes

    def _decide(self, turn: Turn, item: _Series, judge: Judge, *, values: Sequence[KpiValue]) -> list[Change]:
        indicator, rule = judge.indicator, judge.rule
        known = item.known_of(rule)
        subject = subject_values(item.key.subject)
        start = starting_point([anomaly.episode for anomaly in known], item.since)
        calendar = turn.catalogue.calendar_of(indicator)
        next_to = succession(indicator, calendar)
        found = episodes(rule, values, start, follows=next_to) if rule.covers(subject) else []
        judged = Judged(rule, indicator, calendar, item.key, subject, turn.now)
        return reconcile(known, found, judged, new_id=self._new_id)


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
    rules: Sequence[TargetRule], changed: Sequence[KpiValue], standing: Sequence[Anomaly]
) -> list[TargetRule]:
    """The rules whose anomalies may change: a value misses the target, or one that did may have been part of an anomaly."""
    named = {anomaly.rule for anomaly in standing}
    missed = [rule for rule in rules if any(value.is_judged and not is_met(rule, value) for value in changed)]
    if not missed and not named:
        return []
    subject = subject_values(changed[0].key.subject)
    return [rule for rule in rules if rule.name in named or (rule in missed and rule.covers(subject))]


def _lasts_until(anomaly: Anomaly, moment: datetime) -> bool:
    cleared = anomaly.episode.cleared
    return (anomaly.state == "open" or cleared is not None) and (cleared is None or cleared.start >= moment)


def _left_behind(anomalies: Sequence[Anomaly], rules: Sequence[TargetRule], now: datetime) -> list[Change]:
    names = {rule.name for rule in rules}
    return [
        close(anomaly, NO_RULE, now) for anomaly in anomalies if anomaly.rule not in names and anomaly.state == "open"
    ]


def _reads_from(item: _Series, indicator: Indicator) -> datetime | None:
    """Where the history must begin: early enough for every rule's run and for the episodes that are judged again."""
    if item.since is None:
        return None
    firsts = [anomaly.episode.first for rule in item.rules for anomaly in item.known_of(rule)]
    return context_begins(min([item.since, *firsts]), indicator.window.cut, max(rule.context for rule in item.rules))
