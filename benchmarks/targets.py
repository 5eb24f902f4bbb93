"""What the benchmark is for: each figure that Andon must reach, beside what was measured, and whether it is reached."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.andon.stages import FOLD, RAW_TO_BLOCKS, Stage
from benchmarks.measurement import STEADY, Measurement

Found = Sequence[Measurement]
"""Of all parts, those of earlier runs included."""

_MEBIBYTE = 2**20
_A_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """One figure, and its bound. `figure` is None where what it needs was not measured."""

    name: str
    bound: float
    figure: Callable[[Found], float | None]
    is_most: bool = False
    """The figure may be no larger than the bound; otherwise no smaller."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A target with what was measured. `reached` is None where nothing was."""

    name: str
    must: str
    measured: float | None
    reached: bool | None


def judge(found: Found) -> list[Judged]:
    """Every target, in the order of the design."""
    return [_judged(target, target.figure(found)) for target in TARGETS]


def _judged(target: Target, measured: float | None) -> Judged:
    must = f"{'≤' if target.is_most else '≥'} {target.bound:,.12g}"
    if measured is None:
        return Judged(target.name, must, None, None)
    return Judged(target.name, must, measured, measured <= target.bound if target.is_most else measured >= target.bound)


def _of(found: Found, part: str, contender: str, *, case: str = "") -> Iterator[Measurement]:
    """Those of a contender whose case begins so, in the order in which they were measured."""
    return (one for one in found if (one.part, one.contender) == (part, contender) and one.case.startswith(case))


def _stage(driver: str, stage: Stage) -> Callable[[Found], float | None]:
    def figure(found: Found) -> float | None:
        steady = next(_of(found, "stages", f"Andon, {driver}: {stage.name}", case=STEADY), None)
        return None if steady is None else steady.per_cpu_second

    return figure


def _times_of(driver: str, other: str) -> Callable[[Found], float | None]:
    """Events a second of CPU in the steady state, end to end, beside another contender's."""

    def figure(found: Found) -> float | None:
        ours = next(_of(found, "end-to-end", f"Andon, {driver}", case=STEADY), None)
        return _per_cpu(ours, next(_of(found, "end-to-end", other, case=STEADY), None))

    return figure


def _per_cpu(one: Measurement | None, other: Measurement | None) -> float | None:
    if one is None or other is None or one.per_cpu_second is None or other.per_cpu_second is None:
        return None
    return one.per_cpu_second / other.per_cpu_second


def _share_of_decoding(contender: str) -> Callable[[Found], float | None]:
    """Throughput over HTTP beside decoding and mapping the same bodies: batches of a thousand, several senders."""

    def figure(found: Found) -> float | None:
        served = list(_of(found, "http", contender, case="batches of 1,000, "))
        alone = next(_of(found, "http", "decode and map alone", case="batches of 1,000, "), None)
        if not served or alone is None:
            return None
        return max(one.per_wall_second for one in served) / alone.per_wall_second

    return figure


def _latest_issue(log: str) -> Callable[[Found], float | None]:
    def figure(found: Found) -> float | None:
        return max(
            (one.figures["p99_seconds"] for one in _of(found, "latency", f"Andon, all in one, {log}")), default=None
        )

    return figure


def _growth_with_subjects(found: Found) -> float | None:
    ours = list(_of(found, "subjects", "Andon, librdkafka"))
    return _per_cpu(ours[0], ours[-1]) if len(ours) > 1 else None


def _times_of_streams_with_most_subjects(found: Found) -> float | None:
    ours, theirs = (list(_of(found, "subjects", name)) for name in ("Andon, librdkafka", "Kafka Streams"))
    return _per_cpu(ours[-1], theirs[-1]) if ours and theirs and ours[-1].case == theirs[-1].case else None


def _ready_again(found: Found) -> float | None:
    return max((one.figures["ready_seconds"] for one in found if one.part == "restart"), default=None)


def _peak_memory(found: Found) -> float | None:
    """In MiB, of one process that has taken in a million events at least."""
    runs = list(_of(found, "http", "Andon, all in one, embedded"))
    if sum(one.events for one in runs) < _A_MILLION:
        return None
    return max(one.peak_memory_bytes or 0 for one in runs) / _MEBIBYTE


def _small_blocks(found: Found) -> float | None:
    batches, single = (
        next(_of(found, "small-blocks", f"Andon, log to KPI values: {how}"), None)
        for how in ("blocks of batches", "a block for each reading")
    )
    return _per_cpu(batches, single)


TARGETS: Sequence[Target] = (
    Target(
        "raw JSON on Kafka → blocks, librdkafka: events a second of CPU", 200_000, _stage("librdkafka", RAW_TO_BLOCKS)
    ),
    Target(
        "raw JSON on Kafka → blocks, kafka-python: events a second of CPU",
        90_000,
        _stage("kafka-python", RAW_TO_BLOCKS),
    ),
    Target("blocks → panes: readings a second of CPU", 1_000_000, _stage("librdkafka", FOLD)),
    Target("raw events → final values, librdkafka: times Flink SQL", 1, _times_of("librdkafka", "Flink SQL")),
    Target("raw events → final values, librdkafka: times Kafka Streams", 2.5, _times_of("librdkafka", "Kafka Streams")),
    Target("raw events → final values, librdkafka: times Quix Streams", 10, _times_of("librdkafka", "Quix Streams")),
    Target("raw events → final values, librdkafka: times Faust", 10, _times_of("librdkafka", "Faust")),
    Target(
        "raw events → final values, kafka-python: times Kafka Streams", 1.3, _times_of("kafka-python", "Kafka Streams")
    ),
    Target(
        "HTTP, batches of 1,000, ingest on Kafka: part of decode and map alone",
        0.45,
        _share_of_decoding("Andon ingest, librdkafka"),
    ),
    Target(
        "HTTP, batches of 1,000, all in one, embedded: part of decode and map alone",
        0.45,
        _share_of_decoding("Andon, all in one, embedded"),
    ),
    *(
        Target(f"event accepted → issue open, {log}: p99, seconds", 1, _latest_issue(log), is_most=True)
        for log in ("embedded", "Kafka, librdkafka", "Kafka, kafka-python")
    ),
    Target("fewest → most subjects: times the cost of an event", 4, _growth_with_subjects, is_most=True),
    Target("most subjects: times Kafka Streams", 1, _times_of_streams_with_most_subjects),
    Target("a block for each reading: times the cost of an event in batches", 5, _small_blocks, is_most=True),
    Target("ready after kill -9 with the ids of the horizon: seconds", 5, _ready_again, is_most=True),
    Target("a million events in one process: MiB", 600, _peak_memory, is_most=True),
)
