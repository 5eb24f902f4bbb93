"""Stage one: blocks of readings in, deltas out; seen ids, marks, deltas and positions are one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.analytics.domain.block import Block
from services.analytics.domain.fold import Folded, PartitionMemory, Told, fold, remember_ids, remember_sources
from services.analytics.domain.revision import separate
from services.analytics.ports.folding import FoldUnitOfWork
from services.analytics.use_cases.current_catalogue import CurrentCatalogue
from services.analytics.use_cases.revising import revise
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Progress


@dataclass(frozen=True, slots=True)
class FoldOutcome:
    """What a batch has come to, and how many revisions in it changed something, or came too late to."""

    folded: Folded
    revised: int
    superseded: int


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
        ends: Callable[[], Mapping[int, int]],
        progress: Sequence[Progress],
        now: datetime,
    ) -> FoldOutcome:
        """Fold a batch, or tell marks anew when there are no blocks.

        Args:
            memories: of every partition in `progress`; still true if this raises.
            ends: tells of every partition of `readings` where it ends now. Asked once and late, when the batch is folded: what was
                appended together with its last blocks, partition after partition, is then most likely there, and waited for.
            progress: one for each partition whose marks are to be told.
        Returns:
            What came of it, with the memories that hold from now on.
        Raises:
            LostPartition: a position has moved; nothing was kept.
        """
        reached = {moved.partition: moved.next_offset for moved in progress}
        plain, offered = separate(blocks)
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            catalogue = self.catalogue.read(uow.definitions)
            folded = fold(plain, memories, catalogue)
            # All of it or nothing. A crash before the commit: the blocks are read again, and nothing has counted.
            # After it: they are not read again, and the relay carries the deltas to the log.
            uow.seen_ids.add(folded.new_ids, now)
            uow.history.keep(folded.kept, reached, revise=False)
            revised = revise(uow, offered, reached=reached, catalogue=catalogue)
            uow.seen_ids.add(revised.new_ids, now)
            after = remember_sources(remember_ids(folded.memories, revised.new_ids), revised.won)
            ended = ends()
            told = [
                Told(
                    number,
                    replace(after[number], told_end=offset >= ended[number], told_revision=catalogue.revision),
                    offset,
                    catalogue.revision,
                    ended,
                )
                for number, offset in reached.items()
            ]
            uow.seen_ids.save_marks({one.partition: one.memory for one in told})
            uow.problems.note(folded.not_counted, folded.counted, now)
            uow.events.deltas(folded.deltas, told, recompute=revised.panes, now=now)
            fail_point("fold-written")
            uow.commit()
        fail_point("fold-committed")
        memories_now = {**after, **{one.partition: one.memory for one in told}}
        return FoldOutcome(replace(folded, memories=memories_now), revised.applied, revised.superseded)
