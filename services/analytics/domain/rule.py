"""A rule: a versioned judgement on the KPI values of one indicator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, get_args

from services.analytics.domain.kpi_value import KpiValue
from shared.calendars.windows import Window

Comparator = Literal[">=", ">", "<=", "<"]
COMPARATORS: tuple[Comparator, ...] = get_args(Comparator)
Severity = Literal["minor", "moderate", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Deviation = Literal["below", "above"]

GOAL_PREFIX = "goal:"
"""Before the goal's id in the names of rules that follow from goals; no rule of a person may contain a colon."""

_EXACT_BELOW = 2.0**53
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class TargetRule:
    """Judges each value by itself: a run of windows that miss the target is an anomaly.

    Attributes:
        comparator: what is *good*: `>=` and 0.95 say that 0.95 and more meet the target.
        target: the decimal number as it was written, in the indicator's unit.
        for_windows: how many windows in a row must miss it for an anomaly to be raised.
        clear_after: how many windows in a row must meet it for the anomaly to be cleared.
        subject: dimension → value; the rule judges subjects that have all of these.
        period: only windows that begin inside it are judged; None for all.
        goal_id: the goal that this rule follows from.
    """

    name: str
    version: int
    indicator: str
    comparator: Comparator
    target: Decimal
    for_windows: int = 1
    clear_after: int = 1
    severity: Severity = "moderate"
    opens_issue: bool = False
    subject: Mapping[str, str] = field(default_factory=dict)
    title: Mapping[str, str] = field(default_factory=dict)
    period: Window | None = None
    goal_id: str | None = None

    @property
    def deviation(self) -> Deviation:
        """On which side of the target the values lie that miss it."""
        return "below" if self.comparator in (">=", ">") else "above"

    @property
    def context(self) -> int:
        """How many windows before a changed one can bear on its judgement."""
        return max(self.for_windows, self.clear_after)

    def covers(self, subject: Mapping[str, str]) -> bool:
        return all(subject.get(dimension) == value for dimension, value in self.subject.items())

    def covers_window(self, value: KpiValue) -> bool:
        return self.period is None or self.period.start <= value.window.start < self.period.end


def is_met(rule: TargetRule, value: KpiValue) -> bool:
    """Whether a judged value meets the rule's target. Equality meets `>=` and `<=`.

    Compared exactly, as people compute: 979 of 1000 against 0.98 as fractions, never as rounded per cent. Where a sum is not a
    whole number it carries rounding of its own, so the value is taken to twelve significant digits: 0.05 is not above 0.05
    because of how it was added up.
    """
    top, bottom = _fraction(value)
    target_top, target_bottom = rule.target.as_integer_ratio()
    left, right = top * target_bottom, target_top * bottom
    if rule.comparator == ">=":
        return left >= right
    if rule.comparator == ">":
        return left > right
    return left <= right if rule.comparator == "<=" else left < right


def _fraction(value: KpiValue) -> tuple[int, int]:
    """The value as numerator and positive denominator, by the rule of `is_met`; the value must not be None."""
    if value.value is None:
        raise ValueError("a window without a value cannot be compared")
    top, bottom = value.numerator, value.denominator
    if top is not None and bottom is not None and bottom > 0 and _is_whole(top) and _is_whole(bottom):
        return int(top), int(bottom)
    return Decimal(f"{value.value:.{_DIGITS}g}").as_integer_ratio()


def _is_whole(number: float) -> bool:
    return number.is_integer() and abs(number) < _EXACT_BELOW
