"""Stage two: add deltas to panes, recompute the windows touched, judge the rules, publish what changed; one transaction.

Crash before the commit: nothing happened, the records are read again. After it: their numbers are in the inbox and the position
has moved, so they are applied once. A process that has lost the partition finds its revision taken and keeps nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.analytics.domain.value_frame import Deltas
from services.analytics.domain.watermark import PartitionMarks, note
from services.analytics.ports.evaluating import EvaluateUnitOfWork, Fence
from services.analytics.use_cases.current_catalogue import CurrentCatalogue
from services.analytics.use_cases.evaluation import Bounds, Evaluation, Work
from services.analytics.use_cases.judging import Judging, Turn
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, Progress


@dataclass(frozen=True, slots=True)
class ApplyDeltas:
    """One record of `pane-deltas`: deltas of one fold transaction, and the marks that cover them.

    `delivery` is None for a record that no relay numbered; it is applied as it comes.
    """

    partition: int
    delivery: Delivery | None
    deltas: Deltas
    marks: PartitionMarks


@dataclass(frozen=True, slots=True)
class EvaluatePanes:
    """Applies a batch of records of one or more partitions."""

    units: Callable[[], EvaluateUnitOfWork]
    consumer: str
    judging: Judging
    bounds: Bounds
    current: CurrentCatalogue

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
            evaluation = Evaluation(turn, judging=self.judging, bounds=self.bounds)
            accepted = [
                command
                for command in commands
                if command.delivery is None or uow.accept(self.consumer, command.delivery)
            ]
            for partition, state in states.items():
                noted = note(state.watermarks, [one.marks for one in accepted if one.partition == partition])
                states[partition] = evaluation.judge_anew(partition, replace(state, watermarks=noted))[0]
            evaluation.merge(
                {partition: [one.deltas for one in accepted if one.partition == partition] for partition in states},
                states,
            )
            evaluation.close_due(states)
            for partition, state in states.items():
                uow.partitions.save(partition, evaluation.tell_provisional(partition, state)[0])
            fail_point("evaluate-written")
            uow.commit()
        fail_point("evaluate-committed")
        return evaluation.work
