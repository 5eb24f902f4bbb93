"""An indicator: a versioned KPI definition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from services.analytics.domain.expression import Expression, parts
from shared.calendars.windows import Cut, Every

FormulaKind = Literal[
    "ratio", "sum", "count", "mean", "minimum", "maximum", "standard_deviation", "quantile", "derived", "weighted_score"
]
Direction = Literal["higher_is_better", "lower_is_better"]

FROM_OTHERS: tuple[FormulaKind, ...] = ("derived", "weighted_score")
"""Kinds of formulas that are computed from the values of other indicators."""

IDLE_TIMEOUT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Formula:
    """What is computed over the readings of one window.

    `derived` and `weighted_score` are computed from the values of other indicators by `expression`; the latter also has the `weights`
    that it is made of. `ratio` names `numerator` and `denominator`; the others name one `measure`, `count` none, and `quantile` also `q`, the part of
    the readings that its value is not exceeded by. `standard_deviation` is that of a sample: n - 1 in the denominator. `where` keeps readings whose
    dimension has one of the listed values, for every dimension listed; `sample_size` is counted after it.
    """

    kind: FormulaKind
    measure: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    q: float | None = None
    expression: Expression | None = None
    weights: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """The indicators that it is computed from; none where it is computed from readings."""
        return () if self.expression is None else tuple(dict.fromkeys(parts(self.expression)))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures of the reading type that the formula reads."""
        named = (self.measure, self.numerator, self.denominator)
        return tuple(name for name in named if name is not None)


@dataclass(frozen=True, slots=True)
class TumblingWindow:
    """Windows that follow one another without overlap, one per calendar period. A window is one pane."""

    every: Every

    @property
    def cut(self) -> Cut:
        """How the calendar is cut into panes."""
        return self.every


@dataclass(frozen=True, slots=True)
class RollingWindow:
    """Windows that overlap: one ends with every pane, and holds that pane and those before it, `panes` in all.

    Attributes:
        cut: how the calendar is cut into panes; `step` as people write it.
        panes: how many make a window; `length` as people write it.
    """

    length: str
    step: str
    cut: Cut
    panes: int


@dataclass(frozen=True, slots=True)
class Indicator:
    """One version of one definition.

    Attributes:
        reading_type: whose readings count; empty for one that is derived from others.
        by: dimensions whose values make the subject, in the order given; empty for one subject over everything.
        calendar: name of the calendar whose time zone and week start cut the windows.
        minimum_sample: least denominator (ratio) or number of readings (else) for a value to be judged.
        allowed_lateness: how far the watermark must pass a window's end before the window is final.
        idle_timeout: after how long without arrivals a source no longer holds windows open.
        owner, deputy: who answers for it, a person or a role; None for nobody yet.
        data_source: where its readings come from, in the words of its owner; None to name the sources that have sent some.
        effective_from: windows that begin then (UTC) or later are computed by its formula; None for all there are.
        earlier: what the windows before are computed by, the oldest first; see `effective_dates`. None may be: they have no values.
        formula_since: the version that put formula and date in force; None for `version`.
    """

    name: str
    version: int
    title: Mapping[str, str]
    reading_type: str
    formula: Formula
    by: tuple[str, ...]
    window: TumblingWindow | RollingWindow
    calendar: str
    direction: Direction
    minimum_sample: int = 0
    allowed_lateness: timedelta = timedelta(0)
    idle_timeout: timedelta = IDLE_TIMEOUT
    unit: str = "1"
    owner: str | None = None
    deputy: str | None = None
    data_source: str | None = None
    effective_from: datetime | None = None
    earlier: tuple["Indicator", ...] = ()
    formula_since: int | None = None

    @property
    def formula_version(self) -> int:
        """The version whose formula its own windows are computed by; those before have `earlier`."""
        return self.version if self.formula_since is None else self.formula_since

    @property
    def computation(self) -> int:
        """Counted up by whatever computes any window otherwise: `version` where that is all windows, else the version with the date."""
        return max(self.version, self.formula_version)

    @property
    def parts(self) -> tuple[str, ...]:
        """The indicators that any of its windows is computed from; none where it is computed from readings."""
        return tuple(dict.fromkeys(name for one in (*self.earlier, self) for name in one.formula.parts))

    @property
    def is_a_share(self) -> bool:
        """Whether people read its values in per cent: 0.943 as 94.3 %."""
        return self.unit == "%" if self.formula.parts else self.formula.kind == "ratio" and self.unit in ("1", "%")
