"""Seeded series for the tests of the seasonal detector, and what it says of them."""

import math
import random
from collections.abc import Callable, Iterable

from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.detector import judge
from services.analytics.domain.seasonal.judgement import Judgement
from services.analytics.domain.seasonal.point import Observation
from services.analytics.domain.seasonal.state import SeasonalState

HOUR = 3600.0
MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC
SEASONAL = Seasonal()

Noise = Callable[[random.Random], float]


def observe(values: Iterable[float], *, every: float = HOUR) -> list[Observation]:
    """The values as a series that begins on a Monday at midnight, `every` so many seconds."""
    return [Observation(MONDAY + i * every, (i * every / HOUR) % 168.0, value) for i, value in enumerate(values)]


def judged(observations: Iterable[Observation], state: SeasonalState | None = None) -> list[Judgement]:
    known = state or SeasonalState()
    return [judge(known, observation, SEASONAL) for observation in observations]


def surprises(judgements: Iterable[Judgement]) -> list[int]:
    """The indices of the surprising points."""
    return [i for i, judgement in enumerate(judgements) if judgement.surprising]


def noise(points: int, draw: Noise, *, seed: int) -> list[float]:
    chance = random.Random(seed)
    return [draw(chance) for _ in range(points)]


def daily(hour: float) -> float:
    """20 at night, 180 in the afternoon."""
    return 100.0 - 80.0 * math.cos(2.0 * math.pi * (hour - 3.0) / 24.0)


def weekly(hour: float) -> float:
    """The days of the week like `daily`, Saturday and Sunday a third of it."""
    return daily(hour % 24.0) * (1.0 if hour % 168.0 < 120.0 else 1.0 / 3.0)


def with_season(season: Callable[[float], float], weeks: int, *, seed: int, spread: float = 4.0) -> list[float]:
    """Hourly values around the season."""
    chance = random.Random(seed)
    return [season(float(hour)) + chance.gauss(0.0, spread) for hour in range(weeks * 168)]


def poisson(mean: float) -> Noise:
    """Counts, by the number of unit exponential steps that fit into the mean."""

    def draw(chance: random.Random) -> float:
        count, passed = 0, chance.expovariate(1.0)
        while passed < mean:
            count += 1
            passed += chance.expovariate(1.0)
        return float(count)

    return draw
