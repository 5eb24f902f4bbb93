"""Derived indicators in a transaction of stage two. Part of both its commands.

A part and what is derived from it live on different partitions. So a transaction that makes a part's value final only says so, in its
outbox, to the partition of the derived value; that partition, the only writer of it, reads what is committed of all parts and computes
it afresh. A crash in between loses nothing, the record is there; a record more than is needed changes nothing.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from services.analytics.domain.derived import computed, parts_of, windows_of, windows_to_derive
from services.analytics.domain.fold import by_partition
from services.analytics.domain.history import PaneKeys, by_indicator, no_panes, of_version
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import Coverage, PartitionState
from services.analytics.domain.value_frame import Computed, Values, row_count, to_kpi_values
from services.analytics.use_cases.judging import Turn


@dataclass(frozen=True, slots=True)
class Deriving:
    """One transaction.

    Attributes:
        partitions: how many `pane-deltas` has.
        values: about how many values of a part are read at a time to compute a new indicator.
    """

    turn: Turn
    partitions: int
    values: int

    def tell(self, values: Values) -> None:
        """Have computed what rests on these values, wherever it lives."""
        if not self.turn.catalogue.derived:
            return
        windows = windows_to_derive(to_kpi_values(values), self.turn.catalogue)
        if row_count(windows):
            self.turn.uow.events.derive(by_partition(windows, self.partitions), self.turn.now)

    def values_of(self, windows: PaneKeys, partition: int) -> list[Computed]:
        """The values of windows as they follow from what is stored of their parts, not yet their status."""
        found = []
        for name, keys in by_indicator(windows).items():
            indicator = self.turn.catalogue.indicators.get(name)
            if indicator is not None and indicator.formula.parts:
                found.append(self.of_indicator(indicator, of_version(keys, indicator.version), partition))
        return found

    def of_indicator(self, indicator: Indicator, windows: PaneKeys, partition: int) -> Computed:
        """The same of one indicator, at the version in force."""
        parts = self.turn.uow.values.stored_values(parts_of(windows, self.turn.catalogue.parts_of(indicator)))
        return computed(windows, indicator, parts, partition=partition)

    def next_windows(
        self, partition: int, state: PartitionState, indicator: Indicator
    ) -> tuple[PartitionState, PaneKeys] | None:
        """A piece of the history of a derived indicator: what to compute, and the state after it. None while it must wait.

        First every partition takes note of the indicator, once the history of its parts is there: whatever it makes final from then
        on it tells. Only then is read what was final before. So no value of a part falls between.
        """
        coverage = state.coverage_of(indicator)
        if coverage is None:
            if not all(state.covers(part) for part in self.turn.catalogue.parts_of(indicator)):
                return None
            self.turn.uow.events.look_again(self.partitions, self.turn.now)
            noted = Coverage(indicator.computation, self.turn.catalogue.revision)
            return state.with_coverage(indicator.name, noted), no_panes()
        others = self.turn.uow.partitions.all()
        known = [one.knows(indicator) for number, one in others.items() if number != partition]
        if len(known) < self.partitions - 1 or not all(known):
            return None
        return self._next_windows(partition, state, indicator, coverage=coverage)

    def _next_windows(
        self, partition: int, state: PartitionState, indicator: Indicator, *, coverage: Coverage
    ) -> tuple[PartitionState, PaneKeys]:
        parts = self.turn.catalogue.parts_of(indicator)
        place, last = _Cursor.read(coverage.after)
        if place == len(parts):
            return state.with_coverage(indicator.name, replace(coverage, is_complete=True)), no_panes()
        store = self.turn.uow.values
        series = store.series_anywhere(parts[place], last, self.values)
        after = _Cursor(place, series[-1]) if series else _Cursor(place + 1, b"")
        windows = no_panes()
        if series:
            windows = by_partition(windows_of(store.of_series(series), indicator), self.partitions)[partition]
        return state.with_coverage(indicator.name, replace(coverage, after=after.text)), windows


class _Cursor(NamedTuple):
    """How far a derived indicator's history has been looked at: which of its parts, and the last of that part's series."""

    part: int
    series: bytes

    @staticmethod
    def read(text: str) -> "_Cursor":
        part, _, series = text.partition("/")
        return _Cursor(int(part or 0), bytes.fromhex(series))

    @property
    def text(self) -> str:
        return f"{self.part}/{self.series.hex()}"
