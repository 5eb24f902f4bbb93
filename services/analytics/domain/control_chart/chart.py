"""What a control chart consists of."""

from dataclasses import dataclass
from typing import Literal

from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.finding import BEGINNING
from services.analytics.domain.indicator import Direction
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.spc.chart_choice import ChartChoice
from services.analytics.domain.spc.panel import Side
from services.analytics.domain.spc.phases import DrawnPhase
from services.analytics.domain.spc.samples import Counts, Individuals, Subgroups
from shared.calendars.windows import Window

PointStanding = Literal["judged", "provisional", "gap"]
"""Sets limits and is judged by them · drawn with its limits, since the window is open · nothing that could be judged."""
State = Literal["waiting", "learning", "frozen"]
"""Too few points for limits · limits of all points so far, widened · limits of the baseline alone, whatever follows."""
Effect = Literal["better", "worse", "unclear"]

Drawn = DrawnPhase[Counts] | DrawnPhase[Individuals] | DrawnPhase[Subgroups]


@dataclass(frozen=True, slots=True)
class Statistic:
    """What a rule compares in place of the value.

    Attributes:
        value: an average in the indicator's unit (`ewma`), or the larger sum in sigmas (`cusum`).
        lower: None for a sum, which has one limit alone.
    """

    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One window of the chart.

    Attributes:
        phase: index in the chart's phases.
        joined: whether the window follows that of the point before it, both have a value, and both lie in one phase; a line and a
            run go no farther.
        centre, lower, upper: None without limits, and in a gap.
        statistic: None unless a rule draws the chart that compares one.
    """

    value: KpiValue
    standing: PointStanding
    phase: int
    joined: bool
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    statistic: Statistic | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ChartPhase:
    """Windows that share a baseline.

    Attributes:
        rebase: what began it; None for the first.
        first, stop: its points, half-open; equal where nothing has come yet.
        baseline_windows: how many of its judged windows are looked at for its limits.
        choice: which kind of chart and why; None while waiting.
        drawn: the judged points with their limits; None without any.
        baseline_span: from the beginning of the first window behind the limits to the end of the last.
    """

    rebase: Rebase | None
    first: int
    stop: int
    baseline_windows: int
    choice: ChartChoice | None = None
    drawn: Drawn | None = None
    baseline_span: Window | None = None

    @property
    def name(self) -> str:
        return BEGINNING if self.rebase is None else self.rebase.phase

    @property
    def state(self) -> State:
        if self.drawn is None or self.drawn.standing == "waiting":
            return "waiting"
        return "frozen" if self.drawn.standing == "established" else "learning"

    @property
    def points_behind(self) -> int:
        """How many points stand behind the limits."""
        return 0 if self.drawn is None else self.drawn.points_behind


@dataclass(frozen=True, slots=True)
class ChartSignal:
    """A run rule fired at the last of `points`, or a statistic lies beyond its limit there.

    Attributes:
        rule: its name, such as `N1`; of a statistic the kind of its rule.
        side: where the points lie; None for a pattern without a side.
        effect: what the side means for the indicator.
        points: indices in the chart's points, oldest first.
    """

    rule: str
    side: Side | None
    effect: Effect
    points: tuple[int, ...]

    @property
    def at(self) -> int:
        return self.points[-1]


@dataclass(frozen=True, slots=True, eq=False)
class ControlChart:
    """One series with its limits. There is always at least one phase; the last is the one in force."""

    points: tuple[ChartPoint, ...]
    phases: tuple[ChartPhase, ...]
    signals: tuple[ChartSignal, ...]

    @property
    def newest(self) -> ChartPhase:
        return self.phases[-1]


def effect_of(side: Side | None, direction: Direction) -> Effect:
    if side is None:
        return "unclear"
    return "better" if (side == "above") == (direction == "higher_is_better") else "worse"
