"""The parts of the benchmark, by the name they are called by."""

from collections.abc import Callable, Iterator, Mapping

from benchmarks import comparison, latency, subject_counts
from benchmarks.andon import restart, small_blocks, stages
from benchmarks.broker import Broker
from benchmarks.http_ingest import throughput
from benchmarks.measurement import Failure, Measurement
from benchmarks.size import Size

Part = Callable[[Broker, Size], Iterator[Measurement | Failure]]

PARTS: Mapping[str, Part] = {
    comparison.PART: comparison.measure,
    stages.PART: stages.measure,
    small_blocks.PART: small_blocks.measure,
    subject_counts.PART: subject_counts.measure,
    throughput.PART: throughput.measure,
    latency.PART: latency.measure,
    restart.PART: restart.measure,
}
