"""The parts of the benchmark, by the name they are called by."""

from collections.abc import Callable, Iterator, Mapping

from benchmarks import comparison
from benchmarks.andon import stages
from benchmarks.broker import Broker
from benchmarks.http_ingest import throughput
from benchmarks.measurement import Failure, Measurement
from benchmarks.size import Size

Part = Callable[[Broker, Size], Iterator[Measurement | Failure]]

PARTS: Mapping[str, Part] = {
    comparison.PART: comparison.measure,
    stages.PART: stages.measure,
    throughput.PART: throughput.measure,
}
