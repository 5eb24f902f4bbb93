"""How large a benchmark is: minutes, or as the targets are stated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Numbers of events and the like; `small` and `large` are the two runs whose slope is the steady state."""

    name: str
    small: int
    large: int
    repeats: int
    """Of the runs end to end."""
    slow_small: int
    """For contenders that would take an hour for `large`."""
    slow_large: int
    subjects: tuple[int, ...]
    subject_events: int
    small_block_events: int
    ids: int
    """How many event ids are in the horizon when Andon is started again."""
    http_events: int
    latency_seconds: float


QUICK = Size(
    name="quick",
    small=100_000,
    large=400_000,
    repeats=1,
    slow_small=20_000,
    slow_large=80_000,
    subjects=(1_000, 100_000),
    subject_events=300_000,
    small_block_events=20_000,
    ids=1_000_000,
    http_events=40_000,
    latency_seconds=10,
)
FULL = Size(
    name="full",
    small=1_000_000,
    large=6_000_000,
    repeats=3,
    slow_small=50_000,
    slow_large=400_000,
    subjects=(1_000, 100_000, 1_000_000),
    subject_events=2_000_000,
    small_block_events=100_000,
    ids=10_000_000,
    http_events=200_000,
    latency_seconds=30,
)
SIZES = {size.name: size for size in (QUICK, FULL)}
