"""Assurance: will a process that goes on as it does keep meeting its target?

Natural limits against a target, as the National Health Service's "Making Data Count" reads them: the target beyond the limits on
one side, on the other, or between them.
"""

from dataclasses import dataclass
from typing import Generic, Literal

from services.analytics.domain.spc.arguments import finite
from services.analytics.domain.spc.panel import Panel
from services.analytics.domain.spc.phases import DrawnPhase, S, Standing

Comparator = Literal[">=", ">", "<=", "<"]
Verdict = Literal["capable", "hit_or_miss", "not_capable", "unknown"]
"""Wholly on the good side of the target · on both sides · wholly on the bad side · no limits yet."""


@dataclass(frozen=True, slots=True)
class Assurance(Generic[S]):
    """The verdict and what it rests on.

    Attributes:
        lower, upper: natural limits at the newest point; None without limits.
        standing: of the limits: while learning they are wide, and the verdict leans to hit-or-miss.
        stable: whether no point of the newest phase lies beyond its limits; where some do, the limits promise little.
        points: how many stand behind the limits.
    """

    verdict: Verdict
    standing: Standing
    stable: bool
    points: int
    lower: float | None
    upper: float | None


def assurance(newest: DrawnPhase[S], *, comparator: Comparator, target: float) -> Assurance[S]:
    """Judges the newest phase: earlier ones describe a process that no longer is."""
    finite("target", target)
    if not newest.panels or not len(newest.panels[0].plotted):
        return Assurance("unknown", newest.standing, True, newest.points_behind, None, None)
    lower, upper = newest_limits(newest.panels[0])
    return Assurance(
        verdict=against(lower, upper, comparator=comparator, target=target),
        standing=newest.standing,
        stable=not newest.beyond_limits(),
        points=newest.points_behind,
        lower=lower,
        upper=upper,
    )


def against(lower: float, upper: float, *, comparator: Comparator, target: float) -> Verdict:
    """Natural limits against a target. A process can reach its limits, so a limit on the target must itself be good."""
    lower_is_good = _meets(lower, comparator, target)
    upper_is_good = _meets(upper, comparator, target)
    if lower_is_good and upper_is_good:
        return "capable"
    return "hit_or_miss" if lower_is_good or upper_is_good else "not_capable"


def newest_limits(panel: Panel) -> tuple[float, float]:
    return float(panel.lower[-1]), float(panel.upper[-1])


def _meets(value: float, comparator: Comparator, target: float) -> bool:
    if comparator == ">=":
        return value >= target
    if comparator == ">":
        return value > target
    return value <= target if comparator == "<=" else value < target
