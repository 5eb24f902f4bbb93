"""What stage one needs of its database and of the log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.analytics.domain.block import Block
from services.analytics.domain.fold import Deltas, NewIds, PartitionMemory, Told
from services.analytics.domain.hash_filter import Hashes
from services.analytics.domain.history import PaneKeys
from services.analytics.domain.revision import ByType
from services.analytics.ports.defining import DefinitionsReader
from shared.runtime.transaction import Transaction


class SeenIdStore(Protocol):
    """What the fold remembers, inside a write transaction."""

    def add(self, new_ids: Sequence[NewIds], now: datetime) -> None:
        """Keep the ids of a batch, packed by observed day."""
        ...

    def save_marks(self, memories: Mapping[int, PartitionMemory]) -> None:
        """Keep how far each source has come on these partitions."""
        ...


class ReadingHistory(Protocol):
    """Readings that are kept after they have counted, inside a write transaction."""

    def keep(self, blocks: Sequence[Block], reached: Mapping[int, int], *, revise: bool) -> None:
        """Add readings that count, or what revisions have come to.

        Args:
            reached: partition of `readings` → the offset up to which this transaction has read it.
        """
        ...

    def of_ids(self, wanted: Mapping[int, Hashes]) -> ByType:
        """Every row that was kept of these ids, in the order in which they were kept.

        Args:
            wanted: partition of `readings` → ids that belong to it.
        """
        ...


class FoldMemory(Protocol):
    """Reads back what the fold remembers."""

    def load(self, partition: int) -> PartitionMemory:
        """All of one partition of `readings`; ten million ids take a second or two."""
        ...


class CountingProblems(Protocol):
    """Remembers which indicators cannot count their readings, for the people who defined them."""

    def note(self, missing: Mapping[str, Sequence[str]], counted: Sequence[str], now: datetime) -> None:
        """Remember the columns that are missing, and forget what was remembered of indicators that lack none."""
        ...


class FoldEvents(Protocol):
    """Sends deltas and marks to stage two, with the transaction that is under way."""

    def deltas(self, deltas: Deltas, told: Sequence[Told], *, recompute: PaneKeys, now: datetime) -> None:
        """One record to every partition of `pane-deltas` for each partition of `readings` in `told`: its marks.

        The deltas of the batch, and the panes that stage two must compute afresh, go out before the marks that cover them.
        """
        ...


class FoldUnitOfWork(Transaction, Protocol):
    """One transaction of stage one; entered with `with`, kept only if `commit` is called."""

    definitions: DefinitionsReader
    seen_ids: SeenIdStore
    history: ReadingHistory
    problems: CountingProblems
    events: FoldEvents
