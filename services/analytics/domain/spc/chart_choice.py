"""Which chart suits an indicator: proposed by the kind of its formula, checked by its data, and explained.

Over-dispersion is tested by chi-square: Σ ((share - rate) / standard error)² on k - 1 degrees (Cochran 1954, "Some methods for
strengthening the common χ² tests", Biometrics 10); the remedy is Laney's (2002). Subgroup means that scatter more than their contents
explain are no rational subgroups (Montgomery, Introduction to Statistical Quality Control, 7th edition, section 5.3.4): they are
charted as single values.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from services.analytics.domain.spc.arguments import Floats
from services.analytics.domain.spc.attribute_charts import (
    AttributeBaseline,
    Law,
    c_baseline,
    laney_baseline,
    p_baseline,
    sigma_z,
    u_baseline,
)
from services.analytics.domain.spc.constants import RangeConstants, printed_constants
from services.analytics.domain.spc.distributions import chi_square_tail
from services.analytics.domain.spc.exact_limits import ExactBaseline
from services.analytics.domain.spc.phases import Baseline
from services.analytics.domain.spc.rare_event_charts import gaps_baseline, times_baseline
from services.analytics.domain.spc.samples import Counts, Individuals, Subgroups
from services.analytics.domain.spc.variable_charts import (
    deviation_baseline,
    range_baseline,
    spread_baseline,
    xmr_baseline,
)

FormulaKind = Literal["ratio", "sum", "count", "mean", "minimum", "maximum", "standard_deviation", "quantile"]
CountChart = Literal["p", "u", "c", "p-exact", "u-exact", "c-exact", "p-prime", "u-prime"]
SingleChart = Literal["xmr", "t", "g"]
SubgroupChart = Literal["xbar-s", "xbar-r", "s"]
Chart = Literal[CountChart, SingleChart, SubgroupChart]
Reason = Literal[
    "share-of-a-whole",
    "events-per-unit",
    "events-per-window",
    "small-counts",
    "over-dispersed",
    "not-whole-counts",
    "mean-of-a-subgroup",
    "spread-of-a-subgroup",
    "subgroups-explain-too-little",
    "spreads-differ",
    "subgroups-too-small",
    "single-values",
    "asked-for",
    "given",
]

SMALL_COUNT = 5.0
"""Expected counts (and expected misses) below it make a normal limit alarm falsely several times too often."""
OVER_DISPERSED_P = 0.01
"""Chance alone scatters as much in one of a hundred series."""


@dataclass(frozen=True, slots=True)
class Dispersion:
    """How much points scatter, compared with what chance explains.

    Attributes:
        statistic, degrees, p_value: of the chi-square test.
        ratio: Laney's sigma_z for counts, else the root of statistic / degrees; 1 where chance explains everything.
    """

    statistic: float
    degrees: int
    p_value: float
    ratio: float

    @property
    def excessive(self) -> bool:
        return self.p_value < OVER_DISPERSED_P and self.ratio > 1


@dataclass(frozen=True, slots=True)
class ChartChoice:
    chart: Chart
    reason: Reason
    dispersion: Dispersion | None = None

    @property
    def explanation(self) -> str:
        """A sentence for people, with the figures behind it."""
        if self.dispersion is None or self.dispersion.degrees == 0:
            return f"{self.chart}: {_SENTENCES[self.reason]}"
        return (
            f"{self.chart}: {_SENTENCES[self.reason]} (points scatter {self.dispersion.ratio:.2f} times as chance would, "
            f"p {self.dispersion.p_value:.2g})"
        )


_SENTENCES: Mapping[Reason, str] = {
    "share-of-a-whole": "a share of so many trials scatters binomially",
    "events-per-unit": "events per unit of a varying area scatter like Poisson counts",
    "events-per-window": "events per window scatter like Poisson counts",
    "small-counts": "fewer than five are expected, so limits come from the exact distribution",
    "over-dispersed": "points scatter more than chance explains, so Laney's limits allow for it",
    "not-whole-counts": "numerators are not counts, so the ratio is charted as a single value",
    "mean-of-a-subgroup": "the spread within the windows explains how their means scatter",
    "spread-of-a-subgroup": "the standard deviation of each window has limits of its own",
    "subgroups-explain-too-little": "means scatter more than the spread within the windows explains, so they are charted as single values",
    "spreads-differ": "standard deviations scatter more than those of normal readings would, so they are charted as single values",
    "subgroups-too-small": "windows of a single reading have no spread, so their means are charted as single values",
    "single-values": "one value per window is judged by how it moves from window to window",
    "asked-for": "the rule asks for it, whatever the points say",
    "given": "centre and sigma are given, so nothing is learned",
}

COUNT_CHARTS: Mapping[CountChart, Callable[[Counts], Baseline[Counts]]] = {
    "p": p_baseline,
    "u": u_baseline,
    "c": c_baseline,
    "p-exact": lambda sample: ExactBaseline(p_baseline(sample)),
    "u-exact": lambda sample: ExactBaseline(u_baseline(sample)),
    "c-exact": lambda sample: ExactBaseline(c_baseline(sample)),
    "p-prime": lambda sample: laney_baseline(sample, "binomial"),
    "u-prime": lambda sample: laney_baseline(sample, "poisson"),
}
"""How the limits of each chart of counts are estimated."""

SINGLE_CHARTS: Mapping[SingleChart, Callable[[Individuals], Baseline[Individuals]]] = {
    "xmr": xmr_baseline,
    "t": times_baseline,
    "g": gaps_baseline,
}
"""Of single values."""

SUBGROUP_CHARTS: Mapping[SubgroupChart, Callable[[Subgroups], Baseline[Subgroups]]] = {
    "xbar-s": deviation_baseline,
    "xbar-r": range_baseline,
    "s": spread_baseline,
}
"""Of the means, or the standard deviations, of several readings."""

COUNT_CHARTS_PRINTED: Mapping[CountChart, Callable[[Counts], Baseline[Counts]]] = {
    **COUNT_CHARTS,
    "p-prime": lambda sample: laney_baseline(sample, "binomial", printed_constants(2)),
    "u-prime": lambda sample: laney_baseline(sample, "poisson", printed_constants(2)),
}
"""With constants as books print them, as the two below."""

SINGLE_CHARTS_PRINTED: Mapping[SingleChart, Callable[[Individuals], Baseline[Individuals]]] = {
    **SINGLE_CHARTS,
    "xmr": lambda sample: xmr_baseline(sample, printed_constants(2)),
    "t": lambda sample: times_baseline(sample, printed_constants(2)),
}

SUBGROUP_CHARTS_PRINTED: Mapping[SubgroupChart, Callable[[Subgroups], Baseline[Subgroups]]] = {
    **SUBGROUP_CHARTS,
    "xbar-r": lambda sample: range_baseline(sample, _printed_for(sample)),
}

RARE_EVENT_CHARTS: frozenset[Chart] = frozenset({"t", "g"})
"""Each point stands for an event and what lies before it, so that windows between two points are no gap."""


def _printed_for(sample: Subgroups) -> RangeConstants | None:
    """Of the one size that all subgroups have; books print charts of several sizes with s."""
    sizes = set(sample.sizes.tolist())
    return printed_constants(int(sizes.pop())) if len(sizes) == 1 else None


def choose_for_counts(kind: Literal["ratio", "count"], sample: Counts) -> ChartChoice:
    """For a ratio (numerators and denominators) or a count (numerators alone, size 1): p, u, c, exact limits, or Laney's."""
    if not _whole(sample.counts):
        return ChartChoice("xmr", "not-whole-counts")
    trials = kind == "ratio" and _whole(sample.sizes) and bool((sample.counts <= sample.sizes).all())
    law: Law = "binomial" if trials else "poisson"
    plain = p_baseline(sample) if trials else u_baseline(sample)
    dispersion = count_dispersion(plain, sample)
    name: Literal["p", "u", "c"] = "p" if trials else "u" if kind == "ratio" else "c"
    if dispersion.excessive:
        return ChartChoice("p-prime" if law == "binomial" else "u-prime", "over-dispersed", dispersion)
    if _least_expected(plain, sample) < SMALL_COUNT:
        exact: Mapping[str, CountChart] = {"p": "p-exact", "u": "u-exact", "c": "c-exact"}
        return ChartChoice(exact[name], "small-counts", dispersion)
    reasons: Mapping[str, Reason] = {"p": "share-of-a-whole", "u": "events-per-unit", "c": "events-per-window"}
    return ChartChoice(name, reasons[name], dispersion)


def choose_for_subgroups(kind: Literal["mean", "standard_deviation"], sample: Subgroups) -> ChartChoice:
    """For a mean or a spread whose windows hold several readings each."""
    if not (sample.sizes > 1).all():
        return ChartChoice("xmr", "subgroups-too-small")
    if kind == "standard_deviation":
        spreads = spread_dispersion(sample)
        return ChartChoice(
            *(("xmr", "spreads-differ") if spreads.excessive else ("s", "spread-of-a-subgroup")), spreads
        )
    dispersion = mean_dispersion(sample)
    if dispersion.excessive:
        return ChartChoice("xmr", "subgroups-explain-too-little", dispersion)
    return ChartChoice("xbar-s", "mean-of-a-subgroup", dispersion)


def choose(kind: FormulaKind, sample: Counts | Subgroups | None = None) -> ChartChoice:
    """The chart for a formula kind and what is known of its windows; single values where nothing more is known."""
    if isinstance(sample, Counts) and len(sample) and kind in ("ratio", "count"):
        return choose_for_counts(kind, sample)
    if isinstance(sample, Subgroups) and len(sample) and kind in ("mean", "standard_deviation"):
        return choose_for_subgroups(kind, sample)
    return ChartChoice("xmr", "single-values")


def count_dispersion(plain: AttributeBaseline, sample: Counts) -> Dispersion:
    errors = plain.standard_errors(sample.sizes)
    if len(sample) < 2 or not errors.all():
        return Dispersion(0.0, 0, 1.0, 1.0)
    statistic = float((((sample.shares - plain.rate) / errors) ** 2).sum())
    return _tested(statistic, len(sample) - 1, ratio=sigma_z(plain, sample)[0])


def mean_dispersion(sample: Subgroups) -> Dispersion:
    """Between subgroups against within: Σ n (x̄ - centre)² / s² with the pooled s."""
    baseline = deviation_baseline(sample)
    weights = sample.sizes - 1
    within = float((weights * sample.deviations**2).sum() / weights.sum())
    between = float((sample.sizes * (sample.means - baseline.centre) ** 2).sum())
    if len(sample) < 2 or between == 0:
        return Dispersion(0.0, 0, 1.0, 1.0)
    statistic = between / within if within > 0 else math.inf
    return _tested(statistic, len(sample) - 1, ratio=(statistic / (len(sample) - 1)) ** 0.5)


def spread_dispersion(sample: Subgroups) -> Dispersion:
    """Σ ((s - c4 σ) / (σ sqrt(1 - c4²)))²: of readings that are normal and of one sigma it is about chi-square."""
    [panel] = spread_baseline(sample).panels(sample)
    if len(sample) < 2 or not panel.sigma.all():
        return Dispersion(0.0, 0, 1.0, 1.0)
    statistic = float((panel.z**2).sum())
    return _tested(statistic, len(sample) - 1, ratio=(statistic / (len(sample) - 1)) ** 0.5)


def _tested(statistic: float, degrees: int, *, ratio: float) -> Dispersion:
    return Dispersion(statistic, degrees, chi_square_tail(statistic, degrees), ratio)


def _least_expected(plain: AttributeBaseline, sample: Counts) -> float:
    """The smallest expected count; of trials also the smallest expected number of the other outcome."""
    rarer = min(plain.rate, 1 - plain.rate) if plain.law == "binomial" else plain.rate
    return float(sample.sizes.min()) * rarer


def _whole(values: Floats) -> bool:
    return bool((values == values.round()).all())
