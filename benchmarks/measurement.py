"""What one run of one contender was measured to cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run, or the slope between two.

    Attributes:
        part: of the benchmark, such as `end-to-end`.
        contender: what was measured.
        case: what distinguishes it from other runs of the contender, such as `6,000,000 events`.
        events: how many came through.
        cpu_seconds: user and system time of the processing side alone; the broker is not counted. None where nobody asked.
        peak_memory_bytes: largest resident set of the processing side.
        figures: what else was found, by name with its unit, such as `p99_seconds`.
    """

    part: str
    contender: str
    case: str
    events: int
    wall_seconds: float
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def per_wall_second(self) -> float:
        return self.events / self.wall_seconds

    @property
    def per_cpu_second(self) -> float | None:
        """None when the CPU was not measured, or too little of it to tell."""
        return self.events / self.cpu_seconds if self.cpu_seconds else None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Measurement":
        """What `as_json` was made of."""
        return cls(**{name: value for name, value in stored.items() if not name.startswith("events_per_")})

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "events_per_wall_second": self.per_wall_second,
            "events_per_cpu_second": self.per_cpu_second,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """A contender that could not be measured, and why."""

    contender: str
    reason: str


STEADY = "steady state"


def steady_state(small: Measurement, large: Measurement) -> Measurement | None:
    """The slope between two runs of a contender: what is the same in both (start, warm-up) does not count.

    None when the larger run cost no more: the machine was too busy, or the runs are too small, to say anything.
    """
    events = large.events - small.events
    wall = large.wall_seconds - small.wall_seconds
    cpu = None
    if large.cpu_seconds is not None and small.cpu_seconds is not None:
        cpu = large.cpu_seconds - small.cpu_seconds
    if events <= 0 or wall <= 0 or (cpu is not None and cpu <= 0):
        return None
    return Measurement(
        part=large.part,
        contender=large.contender,
        case=STEADY,
        events=events,
        wall_seconds=wall,
        cpu_seconds=cpu,
        peak_memory_bytes=large.peak_memory_bytes,
        figures=large.figures,
    )


def middle(runs: Sequence[Measurement]) -> Measurement:
    """Of repeated runs the one with the median CPU time (the median wall time where CPU was not measured)."""
    cost = [run.cpu_seconds if run.cpu_seconds is not None else run.wall_seconds for run in runs]
    wanted = median(cost) if len(cost) % 2 else sorted(cost)[len(cost) // 2 - 1]
    return runs[cost.index(wanted)]
