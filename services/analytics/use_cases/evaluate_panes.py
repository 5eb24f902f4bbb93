"""Stage two: add deltas to panes, recompute the windows touched, judge the rules, publish what changed; one transaction.

Crash before the commit: nothing happened, the records are read again. After it: their numbers are in the inbox and the position
has moved, so they are applied once. A process that has lost the partition finds its revision taken and keeps nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.analytics.domain.history import PaneKeys, no_panes
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.value_frame import Deltas
from services.analytics.domain.watermark import PartitionMarks
from services.analytics.ports.evaluating import EvaluateUnitOfWork, Fence
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.computing_history import History
from services.analytics.use_cases.current_catalogue import CurrentCatalogue
from services.analytics.use_cases.evaluation import Evaluation
from services.analytics.use_cases.judging import Judging, Turn
from services.analytics.use_cases.work import Work
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, Progress


@dataclass(frozen=True, slots=True)
class ApplyDeltas:
    """One record of `pane-deltas`, of one fold transaction.

    Attributes:
        delivery: None for a record that no relay numbered; it is applied as it comes.
        recompute: panes that must be computed afresh, because readings in them were corrected.
        marks: None where the transaction's last record, which has them, is still to come.
        continues: names the transaction, where it has more than one record for the partition.
        derive: windows of derived indicators whose parts have changed; such a record is of stage two itself.
    """

    partition: int
    delivery: Delivery | None
    deltas: Deltas
    recompute: PaneKeys
    marks: Sequence[PartitionMarks] | None
    continues: str | None = None
    derive: PaneKeys = field(default_factory=no_panes)


@dataclass(frozen=True, slots=True)
class EvaluatePanes:
    """Applies a batch of records of one or more partitions.

    Attributes:
        partitions: how many `pane-deltas` has.
    """

    units: Callable[[], EvaluateUnitOfWork]
    consumer: str
    judging: Judging
    bounds: Bounds
    current: CurrentCatalogue
    partitions: Callable[[], int]

    def __call__(
        self, commands: Sequence[ApplyDeltas], progress: Sequence[Progress], *, fences: Sequence[Fence], now: datetime
    ) -> Work:
        """All or nothing.

        Args:
            fences: one for each partition that the commands or the progress name.

        Raises:
            LostPartition, DeliveryGap, DatabaseUnavailable: nothing may be believed but the database; read it again.
        """
        with self.units() as uow:
            for position in progress:
                uow.advance(position)
            states = {fence.partition: uow.partitions.claim(fence) for fence in fences}
            turn = Turn(uow, self.current.read(uow.definitions), now)
            evaluation = Evaluation(turn, judging=self.judging, bounds=self.bounds, partitions=self.partitions())
            accepted = [
                command
                for command in commands
                if command.delivery is None or uow.accept(self.consumer, command.delivery)
            ]
            history = History(evaluation, turn, self.bounds, self.partitions)
            for partition, state in states.items():
                noticed = history.notice(_noted(state, accepted, partition))
                states[partition] = evaluation.judge_anew(partition, noticed)[0]
            panes = {}
            for partition, state in states.items():
                offered = [one.recompute for one in accepted if one.partition == partition]
                states[partition], panes[partition] = history.take(state, offered)
            evaluation.merge(
                {partition: [one.deltas for one in accepted if one.partition == partition] for partition in states},
                states,
                without=panes,
            )
            for partition, state in states.items():
                history.recompute(partition, state, panes[partition])
                states[partition] = history.cover(partition, state)[0]
            windows = evaluation.windows
            waiting = {partition for partition, state in states.items() if windows.may_wait(partition, state)}
            more_will_be_final = windows.close_due(
                {partition: state for partition, state in states.items() if partition not in waiting},
                brought=evaluation.brought,
            )
            windows.keep_within_bounds(states)
            for one in accepted:
                evaluation.derive(one.derive, one.partition, states[one.partition])
            for partition, state in states.items():
                told = replace(state, closed_at=now) if partition in windows.partitions else state
                if not more_will_be_final and partition not in waiting:
                    told = evaluation.tell_provisional(partition, evaluation.expect(partition, told)[0])[0]
                uow.partitions.save(partition, told)
            fail_point("evaluate-written")
            uow.commit()
        fail_point("evaluate-committed")
        return evaluation.work


def _noted(state: PartitionState, accepted: Sequence[ApplyDeltas], partition: int) -> PartitionState:
    """The state after what the records of its partition say of the fold."""
    for one in accepted:
        if one.partition != partition:
            continue
        if one.marks is None:
            state = replace(state, unfinished=(*state.unfinished, *_new(one.continues, state.unfinished)))
        else:
            left = tuple(name for name in state.unfinished if name != one.continues)
            state = replace(state.with_marks(one.marks), unfinished=left)
    return state


def _new(name: str | None, known: Sequence[str]) -> tuple[str, ...]:
    return () if name is None or name in known else (name,)
