"""One way in for every body and record: timed and counted, whatever form the events had."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.ingest.domain.acceptance import Acceptance
from services.ingest.domain.decode import Unfold, one_event_each
from services.ingest.domain.quarantine import Rejected
from services.ingest.entrypoints.joint_batches import JointBatches
from services.ingest.entrypoints.quotas import Quotas
from services.ingest.metrics import IngestMetrics
from services.ingest.use_cases.accept_metric_events import AcceptMetricEvents, PrepareMetricEvents
from shared.runtime.clock import Clock

MOST_LISTED = 10_000
_SMALL = 5_000
"""Events. Larger batches are taken in by themselves: side by side they are as fast as together."""


@dataclass
class Taken:
    """What became of a body so far. `rejected` lists the first MOST_LISTED of them, with their entries; `reasons` counts all."""

    accepted: int = 0
    seen: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[int, Rejected, str]] = field(default_factory=list)


@dataclass(slots=True)
class Intake:
    """Feeds batches to the use cases."""

    prepare: PrepareMetricEvents
    accept: AcceptMetricEvents
    metrics: IngestMetrics
    clock: Clock
    quotas: Quotas = field(default_factory=Quotas)
    _joint: JointBatches = field(init=False)

    def __post_init__(self) -> None:
        self._joint = JointBatches(self._take_one)

    def take(self, batches: Iterable[Sequence[bytes]]) -> Taken:
        """Take in one batch after the other; each is durable before the next is read. Small ones are taken in together with those
        that other threads bring at the same time.

        Raises:
            Overloaded: a source has used up its quota; the batch that was too much is not taken in.
        """
        taken = Taken()
        for originals in batches:
            if originals:
                is_joint = len(originals) <= _SMALL
                self._count(self._joint.take(originals) if is_joint else self._take_one(originals), taken)
                taken.seen += len(originals)
        return taken

    def take_records(self, values: Sequence[bytes], unfold: Unfold, *, source: str) -> None:
        """Take in the events of records that came by the topic of one source. Durable when it returns. Raises Overloaded, as `take`."""
        self._told(self._take_one(values, source, unfold))

    def _take_one(
        self, originals: Sequence[bytes], source: str | None = None, unfold: Unfold = one_event_each
    ) -> Acceptance:
        now = self.clock.now()
        with _timed(self.metrics.took):
            with _timed(self.metrics.mapped):
                prepared = self.prepare(originals, now=now, source=source, unfold=unfold)
            if prepared.quotas:
                self.quotas.spend(prepared.events_by_source, prepared.quotas, now)
            return self.accept(prepared, now=now)

    def _told(self, acceptance: Acceptance) -> Counter[str]:
        """Metrics have it; returns how often events were refused for each reason."""
        reasons = Counter(refused.reason.value for refused in acceptance.rejected)
        self.metrics.accepted(acceptance.accepted, reasons)
        return reasons

    def _count(self, acceptance: Acceptance, taken: Taken) -> None:
        reasons = self._told(acceptance)
        room = MOST_LISTED - len(taken.rejected)
        pairs = zip(acceptance.rejected[:room], acceptance.entry_ids[:room], strict=True)
        taken.rejected.extend((taken.seen + refused.index, refused, entry_id) for refused, entry_id in pairs)
        taken.accepted += acceptance.accepted
        taken.reasons.update(reasons)


@contextmanager
def _timed(report: Callable[..., None]) -> Iterator[None]:
    started, outcome = time.perf_counter(), "failed"
    try:
        yield
        outcome = "ok"
    finally:
        report(time.perf_counter() - started, outcome=outcome)
