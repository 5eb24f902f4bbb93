"""The pieces of work that stage two does in a transaction, whether records or the clock gave cause. Part of both its commands."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.analytics.domain.definitions_frame import Definitions, definitions_frame
from services.analytics.domain.derived import windows_of_values
from services.analytics.domain.expected_windows import Reach
from services.analytics.domain.history import PaneKeys
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.partition_state import Coverage, PartitionState, Pass
from services.analytics.domain.rolling import series_of_panes
from services.analytics.domain.value_frame import (
    Computed,
    Deltas,
    Touched,
    Values,
    add,
    changed_values,
    closed,
    covered,
    final_values,
    judged_anew,
    leave_out,
    no_values,
    of_defined,
    of_indicators,
    provisional_values,
    row_count,
    series_of,
    still_open,
    to_kpi_values,
    together,
    told,
    touched,
    values_of_panes,
    without_panes,
)
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.closing import Closing
from services.analytics.use_cases.deriving import Deriving
from services.analytics.use_cases.expecting import Expecting
from services.analytics.use_cases.judging import Judging, Turn, close_other_versions
from services.analytics.use_cases.open_windows import OpenWindows, Taken
from services.analytics.use_cases.rolling_values import RollingValues, next_windows
from services.analytics.use_cases.work import Work


class Evaluation:
    """One transaction's work on one or more partitions."""

    def __init__(self, turn: Turn, *, judging: Judging, bounds: Bounds, partitions: int) -> None:
        self._turn = turn
        self._deriving = Deriving(turn, partitions, bounds.judged_anew)
        self._judging = judging
        self._bounds = bounds
        self.expecting = Expecting(turn, judging, bounds.expected, partitions)
        self.open = OpenWindows(turn)
        self._brought = 0
        self.closed: set[int] = set()
        """Partitions whose windows this transaction has closed some of."""
        self.work = Work()
        self.closing = Closing(turn)
        self._defined: tuple[Mapping[int, Mapping[str, Coverage]], Definitions] | None = None

    def merge(
        self,
        deltas: Mapping[int, Sequence[Deltas]],
        states: Mapping[int, PartitionState],
        *,
        without: Mapping[int, PaneKeys],
    ) -> None:
        """Hold deltas of open windows; add the rest to their panes, and publish and judge the values that are final.

        Args:
            without: partition → panes that are left out, because they will be computed afresh.
        """
        definitions = self._definitions(states)
        new = touched(deltas)
        known = of_defined(new, definitions)
        self.work.superseded += row_count(new) - row_count(known)
        counted = covered(leave_out(known, without), definitions)
        self._brought += row_count(counted)
        let_go = self._let_go(states)
        left = self.open.hold(counted)
        merged = add(self._turn.uow.values.stored_panes(left), left)
        self._save(together([merged, without_panes(let_go, merged)]), definitions, states)

    def replace(self, panes: Mapping[int, Sequence[Deltas]], states: Mapping[int, PartitionState]) -> None:
        """Put panes that were computed afresh in the place of what is stored or held."""
        afresh = touched(panes)
        let_go = self._let_go(states)
        rows = self.open.hold(afresh, is_whole=True)
        self._save(together([rows, without_panes(let_go, rows)]), self._definitions(states), states)

    def _save(self, panes: Touched, definitions: Definitions, states: Mapping[int, PartitionState]) -> None:
        if row_count(panes) == 0:
            return
        store = self._turn.uow.values
        rolling = RollingValues(self._turn, panes)
        store.save_panes(panes)
        self._keep_changed(values_of_panes(rolling.tumbling, definitions), states)
        for computed in rolling.computed(definitions):
            self._keep_changed(computed, states)

    def _keep_changed(self, computed: Computed, states: Mapping[int, PartitionState]) -> None:
        if row_count(computed):
            self._keep(changed_values(computed, self._turn.uow.values.stored_values(computed)), states)

    def derive(self, windows: PaneKeys, partition: int, state: PartitionState) -> None:
        """Compute windows of derived indicators afresh; publish and judge what has changed."""
        for computed in self._deriving.values_of(windows, partition):
            self._keep_changed(computed, {partition: state})

    def derive_history(
        self, partition: int, state: PartitionState, indicator: Indicator
    ) -> tuple[PartitionState, bool]:
        """Compute a part of a derived indicator's history; says whether anything could be done."""
        found = self._deriving.next_windows(partition, state, indicator)
        if found is None:
            return state, False
        self.derive(found[1], partition, state)
        return found[0], True

    def may_close_later(self, partition: int, state: PartitionState) -> bool:
        """Whether the windows that are due may wait for others: long past, and the last ones were closed a moment ago.

        Each series has pages of its own in the database. Where a backlog is read, they are written once for many windows.
        """
        now, closed_at = self._turn.now, state.closed_at
        if closed_at is None or not closed_at <= now < closed_at + self._bounds.together_every:
            return False  # a moment to come is one of another process, whose clock is ahead
        held = self.open.largest(partition)
        is_much = held is not None and held[1] * 2 > self._bounds.open_panes
        due = self._closing_scopes({partition: state})
        return not is_much and all(self._is_long_past(scope, until) for scope, until in due)

    def _is_long_past(self, scope: Scope, until: datetime) -> bool:
        return until + scope.indicator.allowed_lateness <= self._turn.now - self._bounds.long_ago

    def close_due(self, states: Mapping[int, PartitionState]) -> bool:
        """Make values final whose windows have closed; says whether more wait. No fewer than came, so that they do not heap up."""
        due = self._closing_scopes(states)
        are_past = all(self._is_long_past(scope, until) for scope, until in due)
        left = self._brought + (self._bounds.closed_together if are_past else self._bounds.values)
        released = []
        for scope, until in due:
            if left > 0 and self.open.has_any(scope, until):
                released.append(self.open.release(scope, left, until))
                left -= row_count(released[-1].panes)
                self.closed.add(scope.partition)
        self._write(released, states)
        ends = self._turn.uow.values.earliest_open_ends([scope for scope, _ in due])
        for (scope, until), end in zip(due, ends, strict=True):
            if left > 0 and end is not None and end <= until:
                left -= self._close_rows(scope, until, left, states=states)
                self.closed.add(scope.partition)
        return left <= 0

    def _closing_scopes(self, states: Mapping[int, PartitionState]) -> list[tuple[Scope, datetime]]:
        """The indicators of which windows are closed, and until when."""
        return [
            (Scope(partition, self._turn.catalogue.indicators[name]), until)
            for (partition, name), until in self._closing(states).items()
            if until is not None
        ]

    def expect(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Judge windows that have come due without readings; says whether more waits. Once nothing is left that is due to close."""
        has_more = False
        for indicator in self._turn.catalogue.indicators.values():
            if indicator.parts:
                closes = self.closing.of_parts(partition, state, indicator)
                state = self.expecting.note_passed(indicator, state, closes)
            if state.covers(indicator):
                closes = self.closing.of(partition, state, indicator)
                state, changes, waits = self.expecting.look(Scope(partition, indicator), state, closes)
                self.work.count_anomalies(changes)
                has_more = has_more or waits
        return state, has_more

    def keep_within_bounds(self, states: Mapping[int, PartitionState]) -> None:
        """Let the earliest open panes go into their rows where more are held than memory is given to."""
        for partition in states:
            held = self.open.largest(partition)
            if held is not None and held[1] > self._bounds.open_panes:
                self._write([self.open.release(held[0], held[1] - self._bounds.open_panes, None)], states)

    def _let_go(self, states: Mapping[int, PartitionState]) -> Touched:
        """What is held of indicators that have come to need rows, now in them; the values are still to be computed."""
        panes = together([self.open.release(scope, rows, None).panes for scope, rows in self.open.held_in_vain(states)])
        if row_count(panes):
            self._turn.uow.values.save_panes(panes)
        return panes

    def _write(self, released: Sequence[Taken], states: Mapping[int, PartitionState]) -> None:
        """Write panes that are held no longer into their rows, with their values."""
        panes = together([one.panes for one in released])
        if row_count(panes) == 0:
            return
        self._turn.uow.values.save_panes(panes)
        computed = values_of_panes(panes, self._definitions(states))
        stored = self._stored(computed, may_have_rows=any(one.may_have_rows for one in released))
        self._keep(changed_values(computed, stored, are_known=True), states)

    def _stored(self, computed: Computed, *, may_have_rows: bool) -> Values:
        return self._turn.uow.values.stored_values(computed) if may_have_rows else no_values()

    def _close_rows(self, scope: Scope, until: datetime, count: int, *, states: Mapping[int, PartitionState]) -> int:
        """Make up to so many provisional values final that have rows; says how many they were."""
        due = self._turn.uow.values.due(scope, until, count)
        if row_count(due):
            self._keep(closed(due), states)
            if isinstance(scope.indicator.window, RollingWindow):
                known = self._definitions(states)
                self._keep_changed(next_windows(self._turn, scope, due, definitions=known), states)
        return row_count(due)

    def tell_provisional(
        self, partition: int, state: PartitionState, *, goes_on: bool = False
    ) -> tuple[PartitionState, bool]:
        """Publish a bounded number of provisional values if it is time; says whether more wait.

        Args:
            goes_on: more may follow at once. Not while records wait: of very many subjects the values would take most of the time.
        """
        now, every = self._turn.now, self._bounds.provisional_every
        if state.told_at is not None and now < state.told_at + every:
            return state, False
        written = self._turn.uow.values.unpublished(partition, self._bounds.values)
        if row_count(written):
            self._turn.uow.values.save_values(told(written))
            self._publish(written)
        count = row_count(written)
        untold = []
        for scope in self.open.with_untold(partition):
            if count < self._bounds.values:
                untold.append(self.open.untold(scope, self._bounds.values - count))
                count += row_count(untold[-1].panes)
        self._tell_open(untold, {partition: state})
        more = count >= self._bounds.values
        is_done = count > 0 and not (more and goes_on)
        return (replace(state, told_at=now) if is_done else state), more

    def _tell_open(self, untold: Sequence[Taken], states: Mapping[int, PartitionState]) -> None:
        """Publish the values of open panes that have changed."""
        panes = together([one.panes for one in untold])
        if row_count(panes) == 0:
            return
        computed = values_of_panes(panes, self._definitions(states))
        stored = self._stored(computed, may_have_rows=any(one.may_have_rows for one in untold))
        values = provisional_values(changed_values(computed, stored, are_known=True))
        self._count_provisional(row_count(values))
        self._publish(values)

    def judge_anew(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Judge a part of what is stored by definitions that have changed; says whether more waits.

        Series touched meanwhile are judged whole, so that it does not matter whether a pass has reached them.
        """
        catalogue = self._turn.catalogue
        left = self._bounds.judged_anew
        for name, indicator in catalogue.indicators.items():
            while state.covers(indicator) and not state.is_judged(name, catalogue.judging(name)):
                if left <= 0:
                    return state, True
                state, seen = self._next_part(Scope(partition, indicator), state)
                left -= seen
        return state, False

    def _next_part(self, scope: Scope, state: PartitionState) -> tuple[PartitionState, int]:
        name, judging = scope.indicator.name, self._turn.catalogue.judging(scope.indicator.name)
        under_way = state.under_way
        if under_way is None or (under_way.indicator, under_way.judging) != (name, judging):
            others = self._turn.uow.anomalies.open_of_other_versions(scope)
            self.work.count_anomalies(close_other_versions(self._turn, others))
            if state.is_measured_otherwise(name, self._turn.catalogue.measuring(name)):
                self.open.tell_again(scope)
            under_way = Pass(name, judging)
        store = self._turn.uow.values
        among = self._series_rephased(scope.indicator, state)
        series = store.series_after(scope, bytes.fromhex(under_way.after), self._bounds.judged_anew, among=among)
        if not series:
            return state.with_judged(name, judging), 1
        stored = store.of_series(series)
        anew = self._judged_anew(scope, stored, state)
        store.save_values(anew)
        self._publish(final_values(anew))
        keys = {value.key.series: value.key for value in to_kpi_values(stored)}
        # What came with this transaction is still to be merged: windows that it made due are asked for afterwards, by `expect`.
        reach = replace(self._reach(scope.partition, state, scope.indicator), closes=None)
        changes = self._judging.whole(self._turn, scope.indicator, list(keys.values()), reach=reach)
        self.work.count_anomalies(changes)
        return replace(state, under_way=replace(under_way, after=series[-1].hex())), row_count(stored)

    def _series_rephased(self, indicator: Indicator, state: PartitionState) -> list[bytes] | None:
        """The only series that are judged otherwise than before; None for all."""
        subjects = self._turn.catalogue.subjects_rephased(indicator.name, state.judged.get(indicator.name, ""))
        return None if subjects is None else [series_of(indicator.name, indicator.version, one) for one in subjects]

    def _judged_anew(self, scope: Scope, stored: Values, state: PartitionState) -> Values:
        if scope.indicator.formula.parts:
            windows = windows_of_values(stored)
            return changed_values(self._deriving.of_indicator(scope.indicator, windows, scope.partition), stored)
        is_rolling = isinstance(scope.indicator.window, RollingWindow)
        spans = self._turn.uow.values.spans(series_of_panes(stored)) if is_rolling else None
        return judged_anew(stored, self._definitions({scope.partition: state}), spans)

    def _keep(self, values: Values, states: Mapping[int, PartitionState]) -> None:
        """Save changed values; publish and judge the final ones."""
        if row_count(values) == 0:
            return
        self._turn.uow.values.save_values(values)
        final = final_values(values)
        self._notice_return(values, states)
        self._count_provisional(row_count(values) - row_count(final))
        self._publish(final)
        for indicator, partition, found in _by_indicator(to_kpi_values(of_indicators(final, self._judged(states)))):
            self._judge(partition, self._turn.catalogue.indicators[indicator], states[partition], values=found)

    def _judged(self, states: Mapping[int, PartitionState]) -> list[str]:
        """The indicators whose values rules ask for, or did before a change that has not been followed everywhere yet."""
        catalogue = self._turn.catalogue
        return [
            name
            for name in catalogue.indicators
            if catalogue.rules_of(name)
            or not all(state.is_judged(name, catalogue.judging(name)) for state in states.values())
        ]

    def _notice_return(self, values: Values, states: Mapping[int, PartitionState]) -> None:
        """Readings in open windows end what was missing; for any other rule they come too early."""
        names = [name for name in self._turn.catalogue.indicators if self._turn.catalogue.expectations_of(name)]
        if not names:
            return
        for name, partition, found in _by_indicator(to_kpi_values(still_open(values, names))):
            indicator = self._turn.catalogue.indicators[name]
            reach = self._reach(partition, states[partition], indicator)
            self.work.count_anomalies(self.expecting.came_back(indicator, found, reach))

    def _reach(self, partition: int, state: PartitionState, indicator: Indicator) -> Reach:
        return self.expecting.reach(Scope(partition, indicator), state, self.closing.of(partition, state, indicator))

    def _judge(
        self, partition: int, indicator: Indicator, state: PartitionState, *, values: Sequence[KpiValue]
    ) -> None:
        if not state.covers(indicator):
            return  # judged as a whole once its history is there
        reach = self._reach(partition, state, indicator)
        if state.is_judged(indicator.name, self._turn.catalogue.judging(indicator.name)):
            changes = self._judging.changed(self._turn, indicator, values, reach=reach)
        else:
            keys = {value.key.series: value.key for value in values}
            changes = self._judging.whole(self._turn, indicator, list(keys.values()), reach=reach)
        self.work.count_anomalies(changes)

    def _publish(self, values: Values) -> None:
        if row_count(values) == 0:
            return
        self._turn.uow.events.values(values, self._turn.catalogue, self._turn.now)
        self._deriving.tell(values)
        self.work.count_final(values)

    def _count_provisional(self, count: int) -> None:
        self.work.values["provisional"] = self.work.values.get("provisional", 0) + count

    def _definitions(self, states: Mapping[int, PartitionState]) -> Definitions:
        coverage = {number: state.history for number, state in states.items()}
        if self._defined is None or self._defined[0] != coverage:
            frame = definitions_frame(self._turn.catalogue.indicators.values(), self._closing(states), coverage)
            self._defined = coverage, frame
        return self._defined[1]

    def _closing(self, states: Mapping[int, PartitionState]) -> dict[tuple[int, str], datetime | None]:
        return {
            (partition, indicator.name): self.closing.of(partition, state, indicator)
            for partition, state in states.items()
            for indicator in self._turn.catalogue.indicators.values()
        }


def _by_indicator(values: Sequence[KpiValue]) -> list[tuple[str, int, list[KpiValue]]]:
    found: dict[tuple[str, int], list[KpiValue]] = {}
    for value in values:
        found.setdefault((value.key.indicator, value.key.partition), []).append(value)
    return [(indicator, partition, group) for (indicator, partition), group in found.items()]
