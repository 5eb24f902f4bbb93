"""What the clock brings about: windows that no reading will close, provisional values to publish, changed rules to judge by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.watermark import Waiting, reached
from services.analytics.ports.evaluating import EvaluateUnitOfWork, Fence, Scope
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.computing_history import History
from services.analytics.use_cases.current_catalogue import CurrentCatalogue
from services.analytics.use_cases.evaluation import Evaluation
from services.analytics.use_cases.judging import Judging, Turn
from services.analytics.use_cases.work import Work
from shared.runtime.failpoints import fail_point


@dataclass(frozen=True, slots=True)
class Outlook:
    """When a partition has to be looked at again if no record arrives.

    Attributes:
        revision: of the definitions; another one is a reason to look at once.
        due_at: UTC; None when nothing is to be expected of the clock.
    """

    revision: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quiet:
    """What one look at a partition came to. `has_written` says whether the partition's revision was counted up."""

    work: Work
    has_written: bool
    has_more: bool
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class CloseQuietWindows:
    """Looks at one partition; does a bounded piece of what is due, in one transaction behind the partition's fence."""

    units: Callable[[], EvaluateUnitOfWork]
    judging: Judging
    bounds: Bounds
    current: CurrentCatalogue
    partitions: Callable[[], int]

    def __call__(self, fence: Fence, now: datetime) -> Quiet:
        """Doing it twice changes nothing. Writes nothing when nothing is due.

        Raises:
            LostPartition, DatabaseUnavailable: nothing may be believed but the database; read it again.
        """
        with self.units() as uow:
            before = uow.partitions.claim(fence)
            turn = Turn(uow, self.current.read(uow.definitions), now)
            evaluation = Evaluation(turn, judging=self.judging, bounds=self.bounds, partitions=self.partitions())
            history = History(evaluation, turn, self.bounds, self.partitions)
            state, computes_on = history.cover(fence.partition, history.notice(before))
            state, judges_on = evaluation.judge_anew(fence.partition, state)
            closes_on = evaluation.windows.close_due({fence.partition: state})
            state, expects_on = (state, False) if closes_on else evaluation.expect(fence.partition, state)
            tells_on = False
            if not closes_on:
                state, tells_on = evaluation.tell_provisional(fence.partition, state, goes_on=True)
            evaluation.windows.keep_within_bounds({fence.partition: state})
            outlook = Outlook(turn.catalogue.revision, self._due_at(turn, evaluation, fence.partition, state=state))
            has_worked = bool(evaluation.work.values or evaluation.work.anomalies or uow.open_panes.has_changed)
            has_written = state != before or has_worked
            if has_written or tells_on:
                uow.partitions.save(fence.partition, state)
                fail_point("clock-written")
                uow.commit()
                fail_point("clock-committed")
        has_more = computes_on or judges_on or closes_on or expects_on or tells_on
        return Quiet(evaluation.work, has_written or tells_on, has_more, outlook)

    def _due_at(self, turn: Turn, evaluation: Evaluation, partition: int, *, state: PartitionState) -> datetime | None:
        scopes = [Scope(partition, indicator) for indicator in turn.catalogue.indicators.values()]
        ends = turn.uow.values.earliest_open_ends(scopes)
        moments = [
            self._next_close(turn, evaluation, scope, state=state, stored_end=end)
            for scope, end in zip(scopes, ends, strict=True)
        ]
        if turn.uow.values.has_unpublished(partition) or evaluation.open.with_untold(partition):
            told_at = state.told_at or turn.now
            moments.append(told_at + self.bounds.provisional_every)
        return min((moment for moment in moments if moment is not None), default=None)

    def _next_close(
        self, turn: Turn, evaluation: Evaluation, scope: Scope, *, state: PartitionState, stored_end: datetime | None
    ) -> datetime | None:
        """When the clock alone will close the indicator's next window, with readings or expected ones, or at least let another
        source fall idle.

        Args:
            stored_end: when the first window ends whose value is stored and open.
        """
        indicator = scope.indicator
        if indicator.formula.parts:
            return self._next_passing(turn, evaluation, scope, state=state)
        progress = reached(
            state.watermarks, reading_type=indicator.reading_type, idle_timeout=indicator.idle_timeout, now=turn.now
        )
        if isinstance(progress, Waiting):
            return None
        ends = (stored_end, evaluation.open.earliest_end(scope))
        open_end = min((end for end in ends if end is not None), default=None)
        closes = None if open_end is None else open_end + indicator.allowed_lateness
        wanted = [moment for moment in (closes, evaluation.expecting.next_due(scope, state)) if moment is not None]
        if not wanted:
            return None
        return min(wanted) if progress.by_clock else progress.next_idle

    def _next_passing(
        self, turn: Turn, evaluation: Evaluation, scope: Scope, *, state: PartitionState
    ) -> datetime | None:
        """When the clock alone will let a window of a derived indicator come due here, or the other partitions may have followed."""
        derived = scope.indicator
        passes = evaluation.expecting.next_passing(derived, state)
        closes = evaluation.closing.of_parts(scope.partition, state, derived)
        if passes is None or closes is None:
            return None
        due = evaluation.expecting.next_due(scope, state)
        if due is not None and due <= closes:
            return turn.now + self.bounds.provisional_every
        moments = [_passes(turn, leaf, passes, state=state) for leaf in turn.catalogue.leaves_of(derived)]
        known = [moment for moment in moments if moment is not None]
        return max(known) if len(known) == len(moments) else None


def _passes(turn: Turn, leaf: Indicator, moment: datetime, *, state: PartitionState) -> datetime | None:
    """When the sources of an indicator will have passed a moment by the clock, or another of them may be idle."""
    progress = reached(state.watermarks, reading_type=leaf.reading_type, idle_timeout=leaf.idle_timeout, now=turn.now)
    if isinstance(progress, Waiting):
        return None
    return moment + leaf.allowed_lateness if progress.by_clock else progress.next_idle
