"""Whether what was found depends on which files were looked at: random halves of the files, again and again."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from benchmarks.seasonal.scoring import Marked, Profile, at

_THRESHOLDS = [threshold / 100.0 for threshold in range(35, 81)]
"""Those that a half may choose from."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Of scores: one in ten is below `low`, one in ten above `high`."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Gains:
    """One file at each threshold: what was gained, and what was possible."""

    gained: Mapping[float, float]
    possible: float


def gains(marked: Sequence[Marked], profile: Profile, shipped: float) -> Gains:
    """Of one file, at the thresholds that a half may choose from and at the one that ships."""
    results = {threshold: at(marked, profile, threshold) for threshold in {*_THRESHOLDS, shipped}}
    return Gains({threshold: result.gained for threshold, result in results.items()}, results[shipped].possible)


def halves(files: Sequence[Gains], shipped: float, *, draws: int = 500, seed: int = 1) -> tuple[Spread, Spread]:
    """Scores of random halves: by the threshold that ships, and by the one that was best for the other half."""
    chance, by_shipped, by_other = random.Random(seed), [], []
    for _ in range(draws):
        shuffled = chance.sample(files, len(files))
        half, other = shuffled[: len(files) // 2], shuffled[len(files) // 2 :]
        by_shipped.append(_score(half, shipped))
        chosen = max(_THRESHOLDS, key=lambda threshold: _score(other, threshold))
        by_other.append(_score(half, chosen))
    return _spread(by_shipped), _spread(by_other)


def _score(files: Sequence[Gains], threshold: float) -> float:
    return 100.0 * sum(one.gained[threshold] for one in files) / (sum(one.possible for one in files) or 1.0)


def _spread(scores: Sequence[float]) -> Spread:
    tenths = quantiles(scores, n=10)
    return Spread(tenths[0], tenths[4], tenths[8])
