"""Phases: limits are set by a baseline, frozen, and set anew only where a new phase begins.

Within a phase later points never move the limits, so that a change cannot hide itself by widening them. A new phase has its own
baseline; no moving range and no run crosses its beginning, since distances from two centres do not compare.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, Protocol, Self, TypeVar

import numpy as np

from services.analytics.domain.spc.arguments import Flags, at_least
from services.analytics.domain.spc.errors import InvalidStatisticsInput, TooFewPoints
from services.analytics.domain.spc.judging import RuleSet, Signal, judge_panel
from services.analytics.domain.spc.panel import Panel


class Sample(Protocol):
    """What a chart is drawn of, in time order."""

    def __len__(self) -> int: ...

    def chosen(self, which: Flags) -> Self: ...


S = TypeVar("S", bound=Sample)
S_contra = TypeVar("S_contra", bound=Sample, contravariant=True)


class Baseline(Protocol[S_contra]):
    """What a chart remembers of the points that set its limits."""

    @property
    def points(self) -> int: ...

    def learning_multiple(self, multiple: float = 3.0) -> float:
        """`multiple`, widened for what estimating from so few points costs."""
        ...

    def panels(self, sample: S_contra, *, multiple: float = 3.0) -> tuple[Panel, ...]: ...


Standing = Literal["waiting", "learning", "established"]
"""No limits yet · limits from few points, hence wide · limits at their usual multiple."""


@dataclass(frozen=True, slots=True)
class Learning:
    """From how many points limits are drawn, and from how many they are trusted (decision 15).

    Attributes:
        least: below it there are no limits: they would be too wide to say anything.
        trusted: below it limits are widened so that a later point alarms no more often than the multiple promises.
    """

    least: int = 5
    trusted: int = 24

    def __post_init__(self) -> None:
        at_least("least", self.least, least=1)
        at_least("trusted", self.trusted, least=self.least, remedy="limits are drawn before they are trusted")


@dataclass(frozen=True, slots=True)
class Phase(Generic[S]):
    """Points from `first` up to the next phase.

    Attributes:
        first: index of its first point in the sample.
        baseline_points: how many of its first points set the limits; None while it is not frozen, then all do.
        excluded: indices, in the sample, of points with a known cause: they set no limits, yet are drawn and judged.
        frozen: limits set before; no point of the sample moves them.
    """

    first: int = 0
    baseline_points: int | None = None
    excluded: tuple[int, ...] = ()
    frozen: Baseline[S] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPhase(Generic[S]):
    """One phase with its limits.

    Attributes:
        first, stop: its points in the sample, half-open.
        baseline: None while waiting.
        multiple: standard errors between centre and limits, the widening included; infinite while waiting.
        panels: of the phase's own points; a panel's sigma is a third of the way to the limits, so that zones widen with them.
    """

    first: int
    stop: int
    standing: Standing
    baseline: Baseline[S] | None
    multiple: float
    panels: tuple[Panel, ...]

    @property
    def points_behind(self) -> int:
        """How many points stand behind the limits."""
        return 0 if self.baseline is None else self.baseline.points

    def signals(self, rules: RuleSet, panel: int = 0) -> tuple[Signal, ...]:
        """What the rules say of one panel; indices are those of the sample. Nothing while waiting."""
        if not self.panels:
            return ()
        drawn = self.panels[panel]
        offset = self.first + drawn.first
        found = judge_panel(rules, drawn)
        return tuple(replace(signal, points=tuple(place + offset for place in signal.points)) for signal in found)

    def beyond_limits(self, panel: int = 0) -> tuple[int, ...]:
        """Indices, in the sample, of the points outside their limits."""
        return tuple(self.first + place for place in self.panels[panel].beyond_limits()) if self.panels else ()


def draw_phases(
    sample: S,
    phases: Sequence[Phase[S]],
    *,
    estimate: Callable[[S], Baseline[S]],
    learning: Learning | None = None,
    multiple: float = 3.0,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> tuple[DrawnPhase[S], ...]:
    """Each phase with its own limits, in order.

    Args:
        phases: the first begins at point 0; none begins at or before the one before it.
        estimate: such as `xmr_baseline`.
        learning: None if limits are always drawn at `multiple`, as in a textbook.
        bounds: of the indicator, such as (0, 1); limits stay inside, and one that lies on its bound never signals.
    """
    _refuse_disorder(phases, points=len(sample))
    stops = [phase.first for phase in phases[1:]] + [len(sample)]
    pen = _Pen(estimate, learning or Learning(least=1, trusted=1), multiple, bounds)
    return tuple(_draw(pen, sample, phase, stop=stop) for phase, stop in zip(phases, stops, strict=True))


@dataclass(frozen=True, slots=True)
class _Pen(Generic[S]):
    """How phases are drawn."""

    estimate: Callable[[S], Baseline[S]]
    learning: Learning
    multiple: float
    bounds: tuple[float, float]


def _draw(pen: _Pen[S], sample: S, phase: Phase[S], *, stop: int) -> DrawnPhase[S]:
    baseline = phase.frozen or _estimated(pen, sample, phase, stop=stop)
    if baseline is None:
        return DrawnPhase(phase.first, stop, "waiting", None, math.inf, ())
    settled = baseline.points >= pen.learning.trusted
    multiple = pen.multiple if settled else baseline.learning_multiple(pen.multiple)
    places = np.arange(len(sample))
    own = sample.chosen((places >= phase.first) & (places < stop))
    low, high = pen.bounds
    panels = tuple(panel.widened(multiple / pen.multiple) for panel in baseline.panels(own, multiple=multiple))
    first = (panels[0].within(floor=low, ceiling=high),) if panels else ()
    return DrawnPhase(
        phase.first, stop, "established" if settled else "learning", baseline, multiple, (*first, *panels[1:])
    )


def _estimated(pen: _Pen[S], sample: S, phase: Phase[S], *, stop: int) -> Baseline[S] | None:
    """None where the phase has too few points yet, or none that a spread can be taken from."""
    places = np.arange(len(sample))
    end = stop if phase.baseline_points is None else min(stop, phase.first + phase.baseline_points)
    chosen = (places >= phase.first) & (places < end) & ~np.isin(places, phase.excluded)
    if chosen.sum() < pen.learning.least:
        return None
    try:
        return pen.estimate(sample.chosen(chosen))
    except TooFewPoints:
        return None


def _refuse_disorder(phases: Sequence[Phase[S]], *, points: int) -> None:
    firsts = [phase.first for phase in phases]
    if not firsts or firsts[0] != 0 or firsts != sorted(set(firsts)) or (len(firsts) > 1 and firsts[-1] >= points):
        raise InvalidStatisticsInput(
            "phases",
            problem=f"begin at {firsts}",
            remedy=f"begin at 0 and ascend, below the {points} points of the sample",
        )
