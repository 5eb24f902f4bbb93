"""Average run lengths of EWMA charts by integral equation.

Crowder 1987, "A simple method for studying run-length distributions of exponentially weighted moving average charts",
Technometrics 29 (steady limits); Steiner 1999, "EWMA control charts with time-varying control limits and fast initial response",
Journal of Quality Technology 31 (time-varying limits).
"""

import math
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.spc.arguments import Floats, finite
from services.analytics.domain.spc.distributions import normal_densities
from services.analytics.domain.spc.ewma import Ewma
from services.analytics.domain.spc.integral_equations import expected_points, nodes_on, stated

_SETTLED = 1e-9
_FAR = 9.0
"""Standard deviations of the average; the open side of a one-sided chart ends there, beyond all that ever happens."""


@dataclass(frozen=True, slots=True, eq=False)
class _Span:
    """Where the average may lie without a signal, at nodes."""

    nodes: Floats
    weights: Floats


def ewma_arl(design: Ewma, *, shift: float = 0.0) -> float:
    """ARL on independent standard normal values whose mean is `shift` off, from the head start on.

    Blocks for milliseconds; with time-varying limits and a weight of a hundredth or less for some seconds.
    """
    finite("shift", shift)
    final = _span(design, math.sqrt(design.final_variance), shift)
    lengths = expected_points(_moves(design, final.nodes, final, shift=shift))
    ahead = final
    for points in () if design.steady else range(_points_until_settled(design.weight), 0, -1):
        error = math.sqrt(design.final_variance * (1 - (1 - design.weight) ** (2 * points)))
        span = _span(design, error, shift)
        lengths = 1 + _moves(design, span.nodes, ahead, shift=shift) @ lengths
        ahead = span
    begin = np.array([design.head_start])
    return stated(1 + float((_moves(design, begin, ahead, shift=shift) @ lengths)[0]))


def _moves(design: Ewma, before: Floats, ahead: _Span, *, shift: float) -> Floats:
    """Density of the next average times weights: f((y - (1 - λ) z) / λ - shift) / λ (Crowder 1987, equation for L(u))."""
    value = (ahead.nodes - (1 - design.weight) * before[:, None]) / design.weight
    return np.asarray(normal_densities(value - shift) * ahead.weights / design.weight)


def _span(design: Ewma, error: float, shift: float) -> _Span:
    limit = design.multiple * error
    far = _FAR * math.sqrt(design.final_variance)
    low = -limit if design.side != "above" else min(-limit, shift - far, design.head_start - far)
    high = limit if design.side != "below" else max(limit, shift + far, design.head_start + far)
    return _Span(*nodes_on(low, high, width=design.weight))


def _points_until_settled(weight: float) -> int:
    """Points until the width of time-varying limits is the final one to a relative 1e-9."""
    return 1 if weight == 1 else max(1, math.ceil(math.log(2 * _SETTLED) / (2 * math.log1p(-weight))))
