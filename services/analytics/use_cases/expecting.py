"""Windows that should have readings and have come due: which series are to be judged for want of them. Part of both commands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from services.analytics.domain.anomaly import Anomaly, Change
from services.analytics.domain.counted_windows import by_steps, counts_apart
from services.analytics.domain.episode import windows_before
from services.analytics.domain.expected_windows import Expectation, Held, Reach
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.rule import Rule
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.counting import Counting
from services.analytics.use_cases.judging import Judging, Turn
from shared.calendars.windows import Window, next_window, window_at


@dataclass(frozen=True, slots=True)
class Expecting:
    """Rules about missing data in one transaction.

    Attributes:
        windows: how many windows are looked at at a time.
        partitions: how many `pane-deltas` has.
    """

    turn: Turn
    judging: Judging
    windows: int
    partitions: int

    def reach(self, scope: Scope, state: PartitionState, closes: datetime | None) -> Reach:
        """How far the windows of an indicator are due."""
        indicator = scope.indicator
        rules = [rule for rule, _ in self.turn.catalogue.expectations_of(indicator.name)]
        found = reach_of(rules, indicator, state, closes=closes)
        return replace(found, passed=self._passed(scope, state, rules)) if rules and indicator.formula.parts else found

    def _passed(self, scope: Scope, state: PartitionState, rules: Sequence[Rule]) -> dict[str, datetime]:
        """What its parts rest on may lie on any partition, and a derived value is not due before all have written theirs."""
        others = {**self.turn.uow.partitions.all(), scope.partition: state}
        names = {rule.name: _name(rule, scope.indicator) for rule in rules}
        ends = {rule: [one.passed.get(name) for one in others.values()] for rule, name in names.items()}
        known = {rule: [end for end in found if end is not None] for rule, found in ends.items()}
        return {rule: min(found) for rule, found in known.items() if len(found) == self.partitions}

    def note_passed(self, indicator: Indicator, state: PartitionState, closes: datetime | None) -> PartitionState:
        """Note how far the windows of a derived indicator are due here, for the partition of its values.

        Args:
            closes: of all indicators that it is computed from, what they hold here being written.
        """
        for rule, condition in self.turn.catalogue.expectations_of(indicator.name):
            scene = Scene(by_steps(indicator), self.turn.catalogue.calendar_of(indicator))
            until, name = Expectation(rule.name, condition, scene, Reach(closes)).due_until(), _name(rule, indicator)
            before = state.passed.get(name)
            if until is not None and (before is None or until > before):
                state = replace(state, passed={**state.passed, name: until})
        return state

    def next_passing(self, indicator: Indicator, state: PartitionState) -> datetime | None:
        """How far the sources of all parts must come until there is more to note; None where nothing waits for it."""
        scene = Scene(by_steps(indicator), self.turn.catalogue.calendar_of(indicator))
        ends = [
            (condition, state.passed.get(_name(rule, indicator)))
            for rule, condition in self.turn.catalogue.expectations_of(indicator.name)
        ]
        cut = indicator.window.cut
        moments = [
            condition.deadline(window_at(scene.calendar, cut, end), scene) for condition, end in ends if end is not None
        ]
        return min(moments, default=None)

    def look(
        self, scope: Scope, state: PartitionState, closes: datetime | None
    ) -> tuple[PartitionState, list[Change], bool]:
        """Judge what has come due of one indicator since it was last looked at; says whether more waits."""
        changes: list[Change] = []
        has_more = False
        for rule, expectation in self._expectations(scope, state, closes):
            begins = self._begins(scope, rule, state)
            if begins is None:
                # Nothing is here that could be missed; what comes later is judged when it comes. Noted, so as not to be asked again.
                state = _looked_at(state, rule, scope.indicator, until=expectation.due_until())
                continue
            due = list(islice(expectation.due_after(begins), self.windows))
            if not due:
                continue
            state = _looked_at(state, rule, scope.indicator, until=due[-1].end)
            # Asked by the state as it is from now on, so that what is due stays due when a source wakes up.
            reach = self.reach(scope, state, closes)
            since = dict.fromkeys(self._to_judge(scope, rule, expectation, due=due), due[0].start)
            changes += self.judging.expected(self.turn, scope.indicator, since, rules=[rule], reach=reach)
            has_more = has_more or len(due) == self.windows
        return state, changes, has_more

    def came_back(self, indicator: Indicator, values: Sequence[KpiValue], reach: Reach) -> list[Change]:
        """Readings have come into windows that are still open: that may be the end of what was missing."""
        rules = [rule for rule, _ in self.turn.catalogue.expectations_of(indicator.name)]
        if not rules or not values:
            return []
        since: dict[bytes, tuple[SeriesKey, datetime]] = {}
        for value in values:
            key, start = since.get(value.key.series, (value.key, value.window.start))
            since[value.key.series] = key, min(start, value.window.start)
        standing = self.turn.uow.anomalies.standing(list(since), min(start for _, start in since.values()))
        names = {rule.name for rule in rules}
        missing = [series for series, found in standing.items() if any(_is_open_of(one, names) for one in found)]
        again = dict(since[series] for series in missing)
        return self.judging.expected(self.turn, indicator, again, rules=rules, reach=reach)

    def next_due(self, scope: Scope, state: PartitionState) -> datetime | None:
        """How far the sources must come, the indicator's lateness counted, until the next window is due; None if none is expected."""
        moments = [
            expectation.condition.deadline(following, expectation.scene) + scope.indicator.allowed_lateness
            for rule, expectation in self._expectations(scope, state, None)
            if (following := self._following(scope, rule, state)) is not None
        ]
        return min(moments, default=None)

    def _expectations(
        self, scope: Scope, state: PartitionState, closes: datetime | None
    ) -> Iterator[tuple[Rule, Expectation]]:
        indicator = scope.indicator
        scene = Scene(by_steps(indicator), self.turn.catalogue.calendar_of(indicator))
        reach = self.reach(scope, state, closes)
        for rule, condition in self.turn.catalogue.expectations_of(indicator.name):
            # Only windows that come after those looked at are asked for here.
            yield rule, Expectation(rule.name, condition, scene, replace(reach, looked_at={}))

    def _begins(self, scope: Scope, rule: Rule, state: PartitionState) -> datetime | None:
        looked_at = state.expected.get(_name(rule, scope.indicator))
        return self.turn.uow.values.earliest_start(scope) if looked_at is None else looked_at

    def _following(self, scope: Scope, rule: Rule, state: PartitionState) -> Window | None:
        begins = self._begins(scope, rule, state)
        if begins is None:
            return None
        return window_at(self.turn.catalogue.calendar_of(scope.indicator), scope.indicator.window.cut, begins)

    def _to_judge(
        self, scope: Scope, rule: Rule, expectation: Expectation, *, due: Sequence[Window]
    ) -> list[SeriesKey]:
        """The series that had readings shortly before and may lack them now, and those that have lacked them for longer."""
        scene, indicator = expectation.scene, scope.indicator
        cut = indicator.window.cut
        begins = windows_before(due[0].start, rule.window_of, scene)
        windows, window = [], window_at(scene.calendar, cut, begins)
        while window.start < due[-1].end:
            windows.append(window)
            window = next_window(scene.calendar, cut, window)
        held = self._held(scope, Window(windows[0].start, due[-1].end))
        lacking = [
            SeriesKey(series, indicator.name, indicator.version, subject, scope.partition)
            for series, subject in expectation.lacking(held, windows)
        ]
        # One whose newest window was found longer ago belongs to a subject that is no longer expected.
        known = self.turn.uow.anomalies.open_of_rule(scope, rule.name)
        standing = [one.key for one in known if one.episode.last >= windows[0].start]
        return list({key.series: key for key in (*lacking, *standing)}.values())

    def _held(self, scope: Scope, span: Window) -> Held:
        values = self.turn.uow.values
        return (
            Counting(values, self.turn.catalogue).held(scope, span)
            if counts_apart(scope.indicator)
            else values.held(scope, span)
        )


def reach_of(rules: Sequence[Rule], indicator: Indicator, state: PartitionState, *, closes: datetime | None) -> Reach:
    """How far the windows of an indicator are due by the partition's state."""
    looked_at = {rule.name: state.expected.get(_name(rule, indicator)) for rule in rules}
    return Reach(closes, {name: end for name, end in looked_at.items() if end is not None})


def _looked_at(state: PartitionState, rule: Rule, indicator: Indicator, *, until: datetime | None) -> PartitionState:
    if until is None:
        return state
    return replace(state, expected={**state.expected, _name(rule, indicator): until})


def _name(rule: Rule, indicator: Indicator) -> str:
    return f"{rule.name}@{indicator.version}"


def _is_open_of(anomaly: Anomaly, rules: set[str]) -> bool:
    return anomaly.state == "open" and anomaly.rule in rules
