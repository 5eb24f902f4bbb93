"""One way in for every body: bounded, timed and counted, whatever form the events had."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.ingest.domain.quarantine import Rejected
from services.ingest.entrypoints.in_flight import InFlight
from services.ingest.metrics import IngestMetrics
from services.ingest.use_cases.accept_metric_events import AcceptMetricEvents
from shared.runtime.clock import Clock

MOST_LISTED = 10_000


@dataclass
class Taken:
    """What became of a body so far. `rejected` lists the first MOST_LISTED of `rejected_count`, with their entries."""

    accepted: int = 0
    seen: int = 0
    rejected_count: int = 0
    rejected: list[tuple[int, Rejected, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Intake:
    """Feeds batches to the use case."""

    accept: AcceptMetricEvents
    in_flight: InFlight
    metrics: IngestMetrics
    clock: Clock

    def take(self, batches: Iterable[Sequence[bytes]], source: str | None = None) -> Taken:
        """Take in one batch after the other; each is durable before the next is read."""
        taken = Taken()
        for originals in batches:
            with self.in_flight.taking(sum(map(len, originals))):
                self._take_one(originals, taken, source)
        return taken

    def _take_one(self, originals: Sequence[bytes], taken: Taken, source: str | None) -> None:
        started = time.perf_counter()
        outcome = "failed"
        try:
            acceptance = self.accept(originals, now=self.clock.now(), source=source)
            outcome = "ok"
        finally:
            self.metrics.took(time.perf_counter() - started, outcome=outcome)
        reasons = Counter(refused.reason.value for refused in acceptance.rejected)
        self.metrics.accepted(acceptance.accepted, reasons)
        room = MOST_LISTED - len(taken.rejected)
        pairs = zip(acceptance.rejected[:room], acceptance.entry_ids[:room], strict=True)
        taken.rejected.extend((taken.seen + refused.index, refused, entry_id) for refused, entry_id in pairs)
        taken.accepted += acceptance.accepted
        taken.rejected_count += len(acceptance.rejected)
        taken.seen += len(originals)
