"""Judging points by a set of run rules: one after the other from a kept state, or a whole series at once, with equal results."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.spc.arguments import Floats, Numbers, finite_array, same_length
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.panel import SAME, Panel, Side
from services.analytics.domain.spc.run_rules import EMPTY, Memory, Rises, RunRule


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule fired at the last of `points`; indices count from the first point judged, from 0.

    `side` is where the points lie (a trend: where it goes); None for patterns without a side. Whether above is good is
    decided by the indicator's direction, not here.
    """

    rule: str
    side: Side | None
    points: tuple[int, ...]

    @property
    def at(self) -> int:
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that judge together.

    Attributes:
        complete_windows: whether a pattern needs its whole window of points to exist (charts do: no 2 of 3 before point 3), or
            counts from the first point on (published run lengths do: two points beyond 2 sigma signal at point 2).
    """

    rules: tuple[RunRule, ...]
    complete_windows: bool = True

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise InvalidStatisticsInput(
                    "rules", problem=f"hold {name} twice", remedy="give each rule its own name"
                )


@dataclass(frozen=True, slots=True)
class RunState:
    """All that the rules know of the points so far; constant in size."""

    seen: int
    last: float | None
    memories: tuple[Memory, ...]


def start(rules: RuleSet) -> RunState:
    """The state before the first point."""
    return RunState(0, None, (EMPTY,) * len(rules.rules))


def judge(rules: RuleSet, state: RunState, *, value: float, z: float) -> tuple[RunState, tuple[Signal, ...]]:
    """The state after one more point, and what fired at it.

    Args:
        state: that of the same rule set; changed rules begin anew with `start`.
        value: as plotted; trends compare values.
        z: distance from the centre in the point's own sigmas; infinite where sigma is 0.
    """
    if math.isnan(z) or not math.isfinite(value):
        raise InvalidStatisticsInput(
            "value", problem=f"is {value} with z {z}", remedy="leave points without a value out"
        )
    rise = _rise(value, state.last)
    seen = state.seen + 1
    memories = []
    signals: list[Signal] = []
    for rule, memory in zip(rules.rules, state.memories, strict=True):
        after, found = rule.step(memory, z, rise)
        memories.append(after)
        if found and (seen >= rule.window or not rules.complete_windows):
            signals.extend(Signal(rule.name, side, _places(bits, state.seen)) for side, bits in found)
    return RunState(seen, value, tuple(memories)), tuple(signals)


def judge_all(rules: RuleSet, values: Numbers, z: Numbers) -> tuple[Signal, ...]:
    """What `judge` says of all points in turn, computed by columns; in order of the points, then of the rules."""
    checked, distances = finite_array("values", values), np.asarray(z, dtype=np.float64)
    same_length("z", distances, points=len(checked))
    if np.isnan(distances).any():
        raise InvalidStatisticsInput("z", problem="holds NaN", remedy="leave points without a value out")
    rises = _rises(checked)
    found: list[tuple[int, int, Signal]] = []
    for order, rule in enumerate(rules.rules):
        for pattern in rule.patterns(distances, rises):
            places = np.flatnonzero(pattern.flagged)
            if rules.complete_windows:
                places = places[places >= rule.window - 1]
            for place in places.tolist():
                first = max(0, place - rule.window + 1)
                members = np.flatnonzero(pattern.members[first : place + 1]) + first
                found.append((place, order, Signal(rule.name, pattern.side, tuple(members.tolist()))))
    return tuple(signal for _, _, signal in sorted(found, key=lambda one: one[:2]))


def judge_panel(rules: RuleSet, panel: Panel) -> tuple[Signal, ...]:
    """What the rules say of a panel; indices count from its first plotted point."""
    return judge_all(rules, panel.plotted, panel.z)


def flagged_points(signals: Iterable[Signal], rule: str) -> tuple[int, ...]:
    """The points at which one rule fired."""
    return tuple(signal.at for signal in signals if signal.rule == rule)


def _rise(value: float, last: float | None) -> int:
    if last is None or abs(value - last) <= SAME * max(abs(value), abs(last)):
        return 0
    return 1 if value > last else -1


def _rises(values: Floats) -> Rises:
    """`_rise` of each point."""
    rises = np.zeros(len(values), dtype=np.int8)
    step = np.diff(values)
    same = np.abs(step) <= SAME * np.maximum(np.abs(values[1:]), np.abs(values[:-1]))
    rises[1:] = np.where(same, 0, np.sign(step))
    return rises


def _places(bits: int, newest: int) -> tuple[int, ...]:
    """Bits of a pattern as indices, oldest first."""
    return tuple(newest - age for age in range(bits.bit_length() - 1, -1, -1) if bits >> age & 1)
