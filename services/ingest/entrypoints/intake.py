"""One way in for every body and record: timed and counted, whatever form the events had."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.ingest.domain.acceptance import Acceptance
from services.ingest.domain.quarantine import Rejected
from services.ingest.entrypoints.joint_batches import JointBatches
from services.ingest.entrypoints.quotas import Quotas
from services.ingest.metrics import IngestMetrics
from services.ingest.use_cases.accept_metric_events import AcceptMetricEvents, PrepareMetricEvents
from shared.runtime.clock import Clock

MOST_LISTED = 10_000
_SMALL = 500
"""Events. Larger batches are taken in by themselves: side by side they are faster than one after the other."""


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

    def take(self, batches: Iterable[Sequence[bytes]], source: str | None = None) -> Taken:
        """Take in one batch after the other; each is durable before the next is read. Without `source`, of any source, and small
        ones together with those that other threads bring at the same time.

        Raises:
            Overloaded: a source has used up its quota; the batch that was too much is not taken in.
        """
        taken = Taken()
        for originals in batches:
            if originals:
                is_joint = source is None and len(originals) <= _SMALL
                self._count(self._joint.take(originals) if is_joint else self._take_one(originals, source), taken)
                taken.seen += len(originals)
        return taken

    def _take_one(self, originals: Sequence[bytes], source: str | None = None) -> Acceptance:
        now = self.clock.now()
        with _timed(self.metrics.took):
            with _timed(self.metrics.mapped):
                prepared = self.prepare(originals, now=now, source=source)
            if prepared.quotas:
                self.quotas.spend(prepared.events_by_source, prepared.quotas, now)
            return self.accept(prepared, now=now)

    def _count(self, acceptance: Acceptance, taken: Taken) -> None:
        reasons = Counter(refused.reason.value for refused in acceptance.rejected)
        self.metrics.accepted(acceptance.accepted, reasons)
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
