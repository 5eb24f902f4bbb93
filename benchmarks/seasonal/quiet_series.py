"""Seeded series in which nothing happens, of several distributions: each alarm on them is a false one."""

import math
import random
from collections.abc import Callable, Iterator, Mapping

from services.analytics.domain.seasonal.point import Observation

SECONDS_PER_HOUR = 3600.0
_POINTS = 6000
_MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC

Draw = Callable[[random.Random, float], float]
"""From chance and the hour of the week to a value."""


def _day(hour: float) -> float:
    """From 0.4 at three in the morning to 1.6 in the afternoon; half of it at the weekend."""
    return (1.0 - 0.6 * math.cos(2.0 * math.pi * (hour - 3.0) / 24.0)) * (1.0 if hour < 120.0 else 0.5)


def _count(chance: random.Random, mean: float) -> float:
    """Poisson: how many unit exponential steps fit into the mean."""
    count, passed = 0, chance.expovariate(1.0)
    while passed < mean:
        count += 1
        passed += chance.expovariate(1.0)
    return float(count)


DISTRIBUTIONS: Mapping[str, Draw] = {
    "normal": lambda chance, _: 10.0 + chance.gauss(0.0, 1.0),
    "uniform": lambda chance, _: chance.random(),
    "exponential": lambda chance, _: chance.expovariate(1.0),
    "log-normal": lambda chance, _: math.exp(0.7 * chance.gauss(0.0, 1.0)),
    "heavy tails": lambda chance, _: chance.gauss(0.0, 1.0) / math.sqrt(chance.gammavariate(2.0, 0.5)),
    "counts, mean 0.2": lambda chance, _: _count(chance, 0.2),
    "counts, mean 20": lambda chance, _: _count(chance, 20.0),
    "share of 50": lambda chance, _: sum(chance.random() < 0.95 for _ in range(50)) / 50.0,
    "season and normal": lambda chance, hour: 20.0 * _day(hour) + chance.gauss(0.0, 1.0),
    "season and counts": lambda chance, hour: _count(chance, 30.0 * _day(hour)),
    "season times noise": lambda chance, hour: _day(hour) * (10.0 + chance.gauss(0.0, 1.5)),
}


def quiet_series(draw: Draw, every_seconds: float, seed: int) -> Iterator[Observation]:
    """6,000 points from a Monday at midnight on: three weeks at five minutes, eight months at an hour."""
    chance = random.Random(seed)
    for index in range(_POINTS):
        passed = index * every_seconds
        hour = (passed / SECONDS_PER_HOUR) % 168.0
        yield Observation(_MONDAY + passed, hour, draw(chance, hour))
