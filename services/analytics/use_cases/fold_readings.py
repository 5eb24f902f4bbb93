"""Stage one: blocks of readings in, deltas out; seen ids, marks, deltas and positions are one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.analytics.domain.fold import Block, Folded, PartitionMemory, fold
from services.analytics.ports.folding import FoldUnitOfWork
from services.analytics.use_cases.current_catalogue import CurrentCatalogue
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Progress


@dataclass(frozen=True, slots=True)
class FoldReadings:
    """Folds batches. Used by one thread."""

    units: Callable[[], FoldUnitOfWork]
    catalogue: CurrentCatalogue = field(default_factory=CurrentCatalogue)

    def __call__(
        self,
        blocks: Sequence[Block],
        memories: Mapping[int, PartitionMemory],
        *,
        at_end: Mapping[int, bool],
        progress: Sequence[Progress],
        now: datetime,
    ) -> Folded:
        """Fold a batch, or tell marks anew when there are no blocks.

        Args:
            memories: of every partition in `at_end`; still true if this raises.
            at_end: partition → whether it has been read to its end with this batch.
        Returns:
            What came of it, with the memories that hold from now on.
        Raises:
            LostPartition: a position has moved; nothing was kept.
        """
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            folded = fold(blocks, memories, self.catalogue.read(uow.definitions))
            told = {number: replace(folded.memories[number], told_end=end) for number, end in at_end.items()}
            # All of it or nothing. A crash before the commit: the blocks are read again, and nothing has counted.
            # After it: they are not read again, and the relay carries the deltas to the log.
            uow.seen_ids.add(folded.new_ids)
            uow.seen_ids.save_marks(told)
            uow.problems.note(folded.not_counted, folded.counted, now)
            uow.events.deltas(folded, told, now)
            fail_point("fold-written")
            uow.commit()
        fail_point("fold-committed")
        return replace(folded, memories={**folded.memories, **told})
