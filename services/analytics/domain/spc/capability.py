"""Process capability: how the natural spread of a process compares with its specification.

Montgomery, Introduction to Statistical Quality Control, 7th edition, chapter 8: Cp and Cpk in 8.3.1 and 8.3.2, Cpm in 8.3.4,
intervals in 8.3.5. Intervals: chi-square for Cp (Kane 1986, Journal of Quality Technology 18), normal approximation for Cpk, Cpl
and Cpu (Bissell 1990, Applied Statistics 39), chi-square approximation for Cpm (Boyles 1991, Journal of Quality Technology 23).
"""

import math
from dataclasses import dataclass

from services.analytics.domain.spc.arguments import at_least, between, finite
from services.analytics.domain.spc.distributions import chi_square_quantile, normal_cdf, normal_quantile
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.samples import Subgroups


@dataclass(frozen=True, slots=True)
class Specification:
    """What is acceptable: one limit or two, and the value that is aimed at."""

    lower: float | None = None
    upper: float | None = None
    target: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("lower", self.lower), ("upper", self.upper), ("target", self.target)):
            if value is not None:
                finite(name, value)
        if self.lower is None and self.upper is None:
            raise InvalidStatisticsInput("lower", problem="and `upper` are missing", remedy="give one limit or both")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise InvalidStatisticsInput("lower", problem=f"is not below {self.upper}", remedy="exchange the limits")


@dataclass(frozen=True, slots=True)
class Index:
    """A capability index with its two-sided confidence interval; none where the sample size is unknown or sd is 0."""

    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Capability:
    """Indices of one process; with the overall sd they are called Pp, Ppk, Ppm. None where a limit or the target is missing.

    Attributes:
        lower, upper: Cpl and Cpu.
        off_centre: distance of the mean from the middle of the specification, as a share of its half width (k).
        share_outside: share of values outside the specification if they are normal.
    """

    cp: Index | None
    lower: Index | None
    upper: Index | None
    cpk: Index
    cpm: Index | None
    off_centre: float | None
    share_outside: float


@dataclass(frozen=True, slots=True)
class CapabilityStudy:
    """What the process can do within its subgroups (C indices), and what it did overall (P indices)."""

    within: Capability
    overall: Capability


@dataclass(frozen=True, slots=True)
class Process:
    """Mean and standard deviation of a process, and how many observations stand behind them (None if they are known).

    `degrees` are those of the sd where they are not observations - 1.
    """

    mean: float
    sd: float
    observations: int | None = None
    degrees: float | None = None

    def __post_init__(self) -> None:
        finite("mean", self.mean)
        at_least("sd", self.sd, least=0)
        if self.observations is not None:
            at_least("observations", self.observations, least=2, remedy="an interval needs two observations or more")

    @property
    def sd_degrees(self) -> float | None:
        if self.observations is None:
            return None
        return self.observations - 1 if self.degrees is None else self.degrees


def capability(process: Process, specification: Specification, *, confidence: float = 0.95) -> Capability:
    """All indices that the specification allows. An sd of 0 makes them infinite, negative outside the specification."""
    between("confidence", confidence, low=0, high=1)
    lower = upper = cp = cpm = None
    if specification.lower is not None:
        lower = _one_sided(process, process.mean - specification.lower, confidence)
    if specification.upper is not None:
        upper = _one_sided(process, specification.upper - process.mean, confidence)
    width = off_centre = None
    if specification.lower is not None and specification.upper is not None:
        width = specification.upper - specification.lower
        cp = _cp(process, width, confidence)
        off_centre = abs((specification.upper + specification.lower) / 2 - process.mean) / (width / 2)
        if specification.target is not None:
            cpm = _cpm(process, width, target=specification.target, confidence=confidence)
    sides = [side for side in (lower, upper) if side is not None]
    return Capability(
        cp=cp,
        lower=lower,
        upper=upper,
        cpk=min(sides, key=lambda side: side.value),
        cpm=cpm,
        off_centre=off_centre,
        share_outside=sum(normal_cdf(-3 * side.value) for side in sides),
    )


def study(
    sample: Subgroups, specification: Specification, *, sigma_within: float, confidence: float = 0.95
) -> CapabilityStudy:
    """Both kinds of indices of a sample of subgroups.

    Args:
        sigma_within: of the x̄-R or x̄-S baseline of the sample.
    """
    total = int(sample.sizes.sum())
    at_least("groups", total, least=2, remedy="give two observations or more")
    mean = float((sample.sizes * sample.means).sum() / total)
    inside = float(((sample.sizes - 1) * sample.deviations**2).sum())
    among = float((sample.sizes * (sample.means - mean) ** 2).sum())
    overall = math.sqrt((inside + among) / (total - 1))
    return CapabilityStudy(
        capability(Process(mean, sigma_within, total), specification, confidence=confidence),
        capability(Process(mean, overall, total), specification, confidence=confidence),
    )


def _cp(process: Process, width: float, confidence: float) -> Index:
    """Cp = (USL - LSL) / 6 sd; Cp sqrt(chi²(q, degrees) / degrees) bounds it (Montgomery, section 8.3.5)."""
    value = _ratio(width, 6 * process.sd)
    degrees = process.sd_degrees
    if degrees is None or process.sd == 0:
        return Index(value, None)
    tail = (1 - confidence) / 2
    low, high = (math.sqrt(chi_square_quantile(chance, degrees) / degrees) for chance in (tail, 1 - tail))
    return Index(value, (value * low, value * high))


def _one_sided(process: Process, room: float, confidence: float) -> Index:
    """Room to the limit / 3 sd; C ∓ z sqrt(1 / (9 n) + C² / (2 degrees)) bounds it (Bissell 1990)."""
    value = _ratio(room, 3 * process.sd)
    degrees = process.sd_degrees
    if process.observations is None or degrees is None or process.sd == 0:
        return Index(value, None)
    reach = normal_quantile((1 + confidence) / 2) * math.sqrt(1 / (9 * process.observations) + value**2 / (2 * degrees))
    return Index(value, (value - reach, value + reach))


def _cpm(process: Process, width: float, *, target: float, confidence: float) -> Index:
    """Cpm = (USL - LSL) / 6 sqrt(sd² + (mean - target)²); Cpm sqrt(chi²(q, v) / v) bounds it (Boyles 1991).

    v = n (1 + ξ²)² / (1 + 2 ξ²), ξ = (mean - target) / sd.
    """
    value = _ratio(width, 6 * math.hypot(process.sd, process.mean - target))
    if process.observations is None or process.sd == 0:
        return Index(value, None)
    missed = ((process.mean - target) / process.sd) ** 2
    degrees = process.observations * (1 + missed) ** 2 / (1 + 2 * missed)
    tail = (1 - confidence) / 2
    low, high = (math.sqrt(chi_square_quantile(chance, degrees) / degrees) for chance in (tail, 1 - tail))
    return Index(value, (value * low, value * high))


def _ratio(room: float, spread: float) -> float:
    if spread > 0:
        return room / spread
    return math.copysign(math.inf, room) if room else 0.0
