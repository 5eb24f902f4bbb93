"""What is looked at while a soak runs, and the judgement: whether it is flat."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_MEBIBYTE = 1024 * 1024
_LAG = re.compile(r"^andon_\w+_consumer_lag_(records|seconds)\{[^}]*\} (\S+)$", re.MULTILINE)
_OUTBOX = re.compile(r"^andon_\w+_outbox_oldest_age_seconds (\S+)$", re.MULTILINE)
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)
WARM_UP = 0.2
"""The beginning of a run that is not judged: caches fill, the allocator finds its size."""
_GROWTH_LIMIT = 1.10
_BYTES_OF_AN_ID = 24
"""Ids within a source's horizon are what has to grow with events: eight bytes each, two to four in a filter, and about as much again while
arrays of them are merged."""
_LAG_LIMIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. Lags are the largest of all consumers and partitions, memory and files are of the whole installation."""

    at_seconds: float
    accepted: int
    refused: int
    resident_bytes: int
    lag_records: float
    lag_seconds: float
    outbox_seconds: float
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether memory and lag are flat; each sentence says what is not."""

    memory_growth: float
    lag_seconds: float
    outbox_seconds: float
    sentences: tuple[str, ...]

    @property
    def is_flat(self) -> bool:
        return not self.sentences


def lags(metrics: str) -> tuple[float, float]:
    """(records, seconds), the largest, from a page of metrics."""
    found: dict[str, list[float]] = {"records": [0.0], "seconds": [0.0]}
    for kind, value in _LAG.findall(metrics):
        found[kind].append(float(value))
    return max(found["records"]), max(found["seconds"])


def outbox_age(metrics: str) -> float:
    return max([0.0, *(float(value) for value in _OUTBOX.findall(metrics))])


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    found = _RESIDENT.search(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    return int(found[1]) * 1024 if found else 0


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; one that goes away meanwhile counts nothing."""
    return sum(_size(path) for path in folder.rglob("*"))


def judge(samples: Sequence[Sample]) -> Verdict:
    """The last third against the first, once the warm-up is over: memory but for ids by its median, lag by its median in the last third."""
    judged = [sample for sample in samples if sample.at_seconds >= WARM_UP * samples[-1].at_seconds]
    third = max(1, len(judged) // 3)
    first, last = judged[:third], judged[-third:]
    growth = _median(_without_ids(one) for one in last) / _median(_without_ids(one) for one in first)
    lag, outbox = _median(one.lag_seconds for one in last), _median(one.outbox_seconds for one in last)
    sentences = []
    if growth > _GROWTH_LIMIT:
        sentences.append(f"memory but for ids grew by {growth - 1:.0%} from the first third to the last")
    if lag > _LAG_LIMIT_SECONDS:
        sentences.append(f"consumers are {lag:.1f} s behind in the last third")
    if outbox > _LAG_LIMIT_SECONDS:
        sentences.append(f"an outbox is {outbox:.1f} s old in the last third")
    return Verdict(growth, lag, outbox, tuple(sentences))


def _without_ids(sample: Sample) -> float:
    return max(1.0, sample.resident_bytes - _BYTES_OF_AN_ID * sample.accepted)


def table(samples: Sequence[Sample], rows: int = 12) -> str:
    """About so many rows of a run, each the median of a stretch of it; as Markdown."""
    lines = [
        "| minute | accepted | memory MiB | lag records | lag s | outbox s | files MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    size = max(1, -(-len(samples) // rows))
    for begin in range(0, len(samples), size):
        part = samples[begin : begin + size]
        cells = [
            f"{part[-1].at_seconds / 60:.1f}",
            f"{part[-1].accepted:,}",
            f"{_median(one.resident_bytes for one in part) / _MEBIBYTE:.0f}",
            f"{_median(one.lag_records for one in part):.0f}",
            f"{_median(one.lag_seconds for one in part):.2f}",
            f"{_median(one.outbox_seconds for one in part):.2f}",
            f"{part[-1].file_bytes / _MEBIBYTE:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _median(values: Iterable[float]) -> float:
    return median(list(values))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
