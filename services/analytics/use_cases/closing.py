"""How far windows are closed, by what a partition knows of its sources and by the clock. Part of both commands of stage two."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.analytics.domain.indicator import Indicator, TumblingWindow
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.watermark import Reached, Waiting, closed_before, reached
from services.analytics.use_cases.judging import Turn


@dataclass(frozen=True, slots=True)
class Closing:
    """One transaction, in which watermarks stay as they are."""

    turn: Turn
    known: dict[tuple[int, str, timedelta], Reached | Waiting] = field(default_factory=dict)

    def of(self, partition: int, state: PartitionState, indicator: Indicator) -> datetime | None:
        """Windows that end then or earlier are final; None while none is."""
        reading_type, idle_timeout = indicator.reading_type, indicator.idle_timeout
        key = (partition, reading_type, idle_timeout)
        if key not in self.known:
            self.known[key] = reached(
                state.watermarks, reading_type=reading_type, idle_timeout=idle_timeout, now=self.turn.now
            )
        progress = self.known[key]
        if isinstance(progress, Waiting):
            return None
        until = closed_before(progress.until, indicator.allowed_lateness)
        is_alone = isinstance(indicator.window, TumblingWindow) and indicator.effective_from is None
        if is_alone or state.covers(indicator):
            return until
        # A rolling window may reach into history that is still to be computed; after a date of effect former panes stand in its place.
        coverage = state.coverage_of(indicator)
        return None if coverage is None or coverage.until is None else min(until, coverage.until)

    def of_parts(self, partition: int, state: PartitionState, derived: Indicator) -> datetime | None:
        """The same of all indicators of readings that one is computed from, as far as their history is there."""
        leaves = self.turn.catalogue.leaves_of(derived)
        if not all(state.covers(leaf) for leaf in leaves):
            return None
        found = [self.of(partition, state, leaf) for leaf in leaves]
        known = [moment for moment in found if moment is not None]
        return min(known) if len(known) == len(found) else None
