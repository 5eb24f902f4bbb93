"""Try a rule on history before it may act. Reads one consistent state and writes nothing, so judging never waits for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.analytics.domain.anomaly import Anomaly, Judged
from services.analytics.domain.catalogue import Catalogue, Definition
from services.analytics.domain.counted_windows import by_steps, counts_apart
from services.analytics.domain.errors import HistoryIncomplete, InvalidQuery, UnknownIndicator, UnknownRule
from services.analytics.domain.expected_windows import Reach, seen_by
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey, subject_values
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_form import read_rule, rule_body
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.domain.trial import Found, Within, beside, would_raise
from services.analytics.domain.watermark import Reached, closed_before, reached
from services.analytics.ports.reading import AnalyticsReader, Readers
from services.analytics.ports.trying import ReplayBounds, Replayed
from services.analytics.use_cases.counting import counted_by_reader
from services.analytics.use_cases.define_rule import check_rule
from services.analytics.use_cases.expecting import reach_of
from services.analytics.use_cases.query_values import check_dimensions
from shared.calendars.windows import Window
from shared.runtime.errors import FieldProblem

MOST_VALUES = 20_000
"""About how many values one call replays; a series is never cut."""


@dataclass(frozen=True, slots=True)
class TryThis:
    """What is asked.

    Attributes:
        name: of the rule, whether one is in force under it or not.
        body: the definition to try; empty for the one in force.
        subject: only subjects that have all of these values.
    """

    name: str
    body: Mapping[str, Any]
    subject: Mapping[str, str] = field(default_factory=dict)
    within: Within = field(default_factory=Within)


@dataclass(frozen=True, slots=True)
class Compared:
    """The rule in force that a trial is compared with; None with the reason why it is not."""

    rule: Rule | None
    why_not: str | None = None


@dataclass(slots=True)
class Tried:
    """What the rule would have raised on a part of the subjects.

    Attributes:
        rule: with the version that it has or would get.
        body: the definition, completed with what was left out.
        span: the part of `within` in which the indicator has final values; None for none.
        series, judged: how many subjects it covers, and how many of their values within could be judged.
        found: everything it finds, in order of subject and time; nothing of it is shared where nothing is compared.
        missed: what the rule in force finds and this one does not.
        after: the last series of this part, where others come after it.
    """

    rule: Rule
    body: Mapping[str, Any]
    indicator: Indicator
    compared: Compared
    span: Window | None
    series: int = 0
    judged: int = 0
    found: list[Found] = field(default_factory=list)
    missed: list[Anomaly] = field(default_factory=list)
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class TryRule:
    """Raises UnknownRule, UnknownIndicator, InvalidDefinition, InvalidQuery; HistoryIncomplete while history is computed."""

    readers: Readers

    def __call__(self, question: TryThis, *, after: bytes | None, limit: int, now: datetime) -> Tried:
        """A part of the subjects: at most `limit`, fewer where they have many values. Parts add up.

        Args:
            after: the last series of the part before.
        """
        since, until = question.within.since, question.within.until
        if since is not None and until is not None and since >= until:
            raise InvalidQuery("`from` must lie before `to`; no window begins between them")
        with self.readers() as reader:
            catalogue = reader.catalogue()
            in_force = reader.definition("rule", question.name)
            rule = _wanted(question, in_force)
            indicator = _judgeable(reader, catalogue, rule, subject=question.subject)
            span = question.within.cut(reader.replays.span(indicator.name, indicator.version))
            tried = Tried(rule, rule_body(rule), indicator, _compared(rule, in_force), span)
            wanted = Replayed(indicator.name, indicator.version, question.subject)
            part = reader.replays.part(wanted, after=after, bounds=ReplayBounds(limit, MOST_VALUES))
            reaches = _reaches(reader, tried, catalogue.leaves_of(indicator), now=now)
            tried.after = part.after
            for values in part.series:
                key = values[0].key
                counted = _counted(reader, catalogue, tried, values=values)
                replayed = _Replayed(key, values, counted, reaches(key.partition))
                _replay(tried, replayed, catalogue, within=question.within, now=now)
        return tried


def _wanted(question: TryThis, in_force: Definition | None) -> Rule:
    if question.body:
        return read_rule(question.name, 1 if in_force is None else in_force.version + 1, question.body)
    if in_force is None:
        raise UnknownRule(f"there is no rule {question.name!r} to try; send the definition of one")
    return read_rule(in_force.name, in_force.version, in_force.body)


def _judgeable(reader: AnalyticsReader, catalogue: Catalogue, rule: Rule, *, subject: Mapping[str, str]) -> Indicator:
    """The indicator that the rule judges, if all of its history is there."""
    indicator = catalogue.indicators.get(rule.indicator)
    if indicator is None:
        detail = (
            f"there is no indicator {rule.indicator!r}, and so no history; PUT /v1/indicators/{rule.indicator} first"
        )
        raise UnknownIndicator(detail, errors=[FieldProblem("/indicator", detail)])
    check_rule(rule, catalogue.indicators)
    check_dimensions(indicator, subject)
    states = reader.partition_states()
    if any(one.readings_partitions and not one.covers(indicator) for one in states):
        detail = f"{indicator.name} is still being computed over the readings that are kept; try again in a moment"
        raise HistoryIncomplete(detail)
    return indicator


def _compared(rule: Rule, in_force: Definition | None) -> Compared:
    if in_force is None:
        return Compared(None, f"no rule {rule.name} is in force")
    other = read_rule(in_force.name, in_force.version, in_force.body)
    if other.indicator != rule.indicator:
        return Compared(None, f"the rule in force judges {other.indicator}")
    if rule_body(other) == rule_body(rule):
        return Compared(None, "this is the rule in force")
    return Compared(other)


def _reaches(
    reader: AnalyticsReader, tried: Tried, leaves: Sequence[Indicator], *, now: datetime
) -> Callable[[int], Reach]:
    """Of a partition: how far the windows of its subjects are due, as stage two sees it now; of a derived indicator on all of them."""
    indicator = tried.indicator
    rules = [rule for rule in (tried.rule, tried.compared.rule) if rule is not None]
    everywhere = [_closes(state, leaf, now) for state in reader.partition_states() for leaf in leaves]

    def of(partition: int) -> Reach:
        state = reader.partition_state(partition) or PartitionState()
        on_partitions = everywhere if indicator.formula.parts else [_closes(state, indicator, now)]
        known = [moment for moment in on_partitions if moment is not None]
        closes = min(known, default=None) if len(known) == len(on_partitions) else None
        return reach_of(rules, indicator, state, closes=closes)

    return of


def _closes(state: PartitionState, indicator: Indicator, now: datetime) -> datetime | None:
    progress = reached(
        state.watermarks, reading_type=indicator.reading_type, idle_timeout=indicator.idle_timeout, now=now
    )
    return closed_before(progress.until, indicator.allowed_lateness) if isinstance(progress, Reached) else None


@dataclass(frozen=True, slots=True)
class _Replayed:
    """One series: its final values, and as rules about missing data see it."""

    key: SeriesKey
    values: Sequence[KpiValue]
    counted: Sequence[KpiValue]
    reach: Reach

    def seen_by(self, rule: Rule) -> Sequence[KpiValue]:
        return self.counted if isinstance(rule.condition, MissingData) else self.values


def _counted(
    reader: AnalyticsReader, catalogue: Catalogue, tried: Tried, *, values: Sequence[KpiValue]
) -> Sequence[KpiValue]:
    rules = (tried.rule, tried.compared.rule)
    is_asked = any(rule is not None and isinstance(rule.condition, MissingData) for rule in rules)
    if not is_asked or not counts_apart(tried.indicator):
        return values
    return counted_by_reader(reader, catalogue, values[0].key)


def _judged_as(rule: Rule, indicator: Indicator) -> Indicator:
    return by_steps(indicator) if isinstance(rule.condition, MissingData) else indicator


def _replay(tried: Tried, replayed: _Replayed, catalogue: Catalogue, *, within: Within, now: datetime) -> None:
    key, indicator, reach = replayed.key, tried.indicator, replayed.reach
    calendar, subject = catalogue.calendar_of(indicator), subject_values(key.subject)
    phases = catalogue.phases_of(key.indicator, key.subject)

    def raised_by(rule: Rule) -> list[Anomaly]:
        return would_raise(
            Judged(rule, _judged_as(rule, indicator), calendar, key, subject, now),
            replayed.seen_by(rule),
            within,
            phases=phases,
            reach=reach,
        )

    mine = raised_by(tried.rule)
    theirs = [] if tried.compared.rule is None else raised_by(tried.compared.rule)
    tried.found += beside(mine, theirs)
    tried.missed += [found.anomaly for found in beside(theirs, mine) if not found.is_shared]
    if tried.rule.covers(subject):
        tried.series += 1
        scene = Scene(_judged_as(tried.rule, indicator), calendar, phases)
        seen = seen_by(tried.rule, replayed.seen_by(tried.rule), scene, reach=reach)
        tried.judged += sum(within.holds(value.window) and _is_judged(tried, value) for value in seen)


def _is_judged(tried: Tried, value: KpiValue) -> bool:
    return value.is_judged and tried.rule.samples_enough(value, tried.indicator.formula.kind)
