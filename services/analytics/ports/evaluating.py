"""What stage two needs of its database and of the log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.analytics.domain.anomaly import Anomaly, Change
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.checkpoint import Checkpoint
from services.analytics.domain.expected_windows import Held
from services.analytics.domain.history import PaneKeys, Portion, Readings, Span
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.open_panes import Open, OpenPanes
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.rolling import Spans, Windows
from services.analytics.domain.value_frame import Computed, Panes, Touched, Values
from services.analytics.ports.defining import DefinitionsReader
from shared.calendars.windows import Window
from shared.runtime.transaction import ConsumingTransaction


@dataclass(frozen=True, slots=True)
class Fence:
    """A partition of `pane-deltas`, and the revision of its state that this process believes to be the newest."""

    partition: int
    revision: int


@dataclass(frozen=True, slots=True)
class Scope:
    """The values of one indicator's current version on one partition."""

    partition: int
    indicator: Indicator


class PartitionStore(Protocol):
    """The state of each partition, behind the fence that keeps two processes from writing one."""

    def claim(self, fence: Fence) -> PartitionState:
        """The state, now this transaction's alone; its revision is counted up. First of all a transaction does.

        Raises:
            LostPartition: (of the event log) another process has written since; keep nothing and read everything again.
        """
        ...

    def save(self, partition: int, state: PartitionState) -> None: ...

    def all(self) -> Mapping[int, PartitionState]:
        """Of every partition that anybody has read, as committed, or as this transaction has saved it."""
        ...


class ValueStore(Protocol):
    """The rows of panes and KPI values, in bulk."""

    def stored_panes(self, panes: Touched | Open) -> Panes:
        """What is stored of these panes, given by `series` and `pane_start`."""
        ...

    def panes_between(self, wanted: Windows) -> Panes:
        """The panes with readings of each series, from its first window to its last."""
        ...

    def spans(self, series: Sequence[bytes]) -> Spans:
        """Where the data of each series begin and end; those without readings are left out."""
        ...

    def save_panes(self, panes: Touched) -> None:
        """Insert or overwrite."""
        ...

    def stored_values(self, computed: Computed) -> Values:
        """What is stored of the same series and windows."""
        ...

    def save_values(self, values: Values) -> None:
        """Insert or overwrite."""
        ...

    def due(self, scope: Scope, ends_by: datetime, limit: int) -> Values:
        """Up to `limit` provisional values whose windows end at `ends_by` or earlier, the earliest first."""
        ...

    def earliest_open_ends(self, scopes: Sequence[Scope]) -> Sequence[datetime | None]:
        """For each scope when the first of the windows ends that hold a provisional value; None where none does."""
        ...

    def unpublished(self, partition: int, limit: int) -> Values:
        """Up to `limit` provisional values that have changed since they were told."""
        ...

    def has_unpublished(self, partition: int) -> bool: ...

    def history(
        self, wanted: Mapping[bytes, datetime | None], *, with_open: bool = False
    ) -> Mapping[bytes, Sequence[KpiValue]]:
        """Final and restated values in order of their windows.

        Args:
            wanted: series → the first window start that is asked for; None for all.
            with_open: provisional ones, too.
        """
        ...

    def held(self, scope: Scope, span: Window) -> Held:
        """Which windows that begin in a span have a value."""
        ...

    def earliest_start(self, scope: Scope) -> datetime | None:
        """Start of the first window that has a value."""
        ...

    def series_after(
        self, scope: Scope, after: bytes, most_values: int, *, among: Sequence[bytes] | None = None
    ) -> Sequence[bytes]:
        """The next series in their own order, together holding about `most_values`; none at the end.

        Args:
            among: only these; None for all.
        """
        ...

    def series_anywhere(self, indicator: Indicator, after: bytes, most_values: int) -> Sequence[bytes]:
        """The same over all partitions, whoever owns them, as committed."""
        ...

    def of_series(self, series: Sequence[bytes]) -> Values:
        """All values of these series."""
        ...


class OpenPaneStore(Protocol):
    """The open panes of each indicator on the partitions that the transaction has claimed."""

    def of(self, scope: Scope) -> OpenPanes: ...

    def keep(self, scope: Scope, panes: OpenPanes) -> None:
        """To be stored with the transaction's commit."""
        ...

    @property
    def has_changed(self) -> bool: ...


class ReadingHistory(Protocol):
    """The readings that are kept, as they stood when each partition of `readings` had been folded up to an offset."""

    def readings(self, reading_type: str, span: Span, below: Mapping[int, int] | None) -> Iterator[Readings]:
        """At least those observed within the span, block by block, without those that were corrected or retracted.

        Args:
            below: partition → offset; None for all.
        """
        ...

    def complete_after(self, reading_type: str) -> datetime | None:
        """Readings observed then or earlier may have been dropped; None when none was."""
        ...

    def portion(self, reading_type: str, after: datetime | None, *, below: Mapping[int, int], count: int) -> Portion:
        """About `count` of the readings observed later than `after`."""
        ...


class AnomalyStore(Protocol):
    """Anomalies by series."""

    def standing(self, series: Sequence[bytes], since: datetime | None) -> Mapping[bytes, Sequence[Anomaly]]:
        """Anomalies that are not withdrawn, in order of their first window: those that are open or were cleared by a window
        that starts at `since` or later; all for None.
        """
        ...

    def open_of_other_versions(self, scope: Scope) -> Sequence[Anomaly]:
        """Open anomalies on the partition that rest on another version of the indicator."""
        ...

    def open_of_rule(self, scope: Scope, rule: str) -> Sequence[Anomaly]:
        """Open anomalies of one rule on the partition."""
        ...

    def save(self, anomalies: Sequence[Anomaly]) -> None:
        """Insert or overwrite."""
        ...


class CheckpointStore(Protocol):
    """What rules remember of series, in bulk."""

    def of_series(self, series: Sequence[bytes], slots: Sequence[int]) -> Sequence[Checkpoint]:
        """Those of any rule; see `Checkpoint.slot`."""
        ...

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Insert or overwrite."""
        ...

    def forget(self, checkpoints: Sequence[Checkpoint]) -> None: ...


class EvaluationEvents(Protocol):
    """Tells the world, with the transaction that is under way."""

    def values(self, values: Values, catalogue: Catalogue, now: datetime) -> None: ...

    def anomalies(self, changes: Sequence[Change], now: datetime) -> None: ...

    def derive(self, windows: Sequence[PaneKeys], now: datetime) -> None:
        """Have windows of derived indicators computed; for each partition of `pane-deltas` those that live on it."""
        ...

    def look_again(self, partitions: int, now: datetime) -> None:
        """Have every partition of `pane-deltas` look at what it waits for."""
        ...


class EvaluateUnitOfWork(ConsumingTransaction, Protocol):
    """One transaction of stage two; entered with `with`, kept only if `commit` is called."""

    definitions: DefinitionsReader
    partitions: PartitionStore
    values: ValueStore
    open_panes: OpenPaneStore
    history: ReadingHistory
    anomalies: AnomalyStore
    checkpoints: CheckpointStore
    events: EvaluationEvents
