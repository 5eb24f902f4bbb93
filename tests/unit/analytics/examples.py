"""Indicators, rules and values for the unit tests of analytics."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.analytics.domain.indicator import Formula, Indicator, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.rule import TargetRule
from services.analytics.domain.value_frame import series_of
from shared.calendars.windows import Window

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
RATIO = Formula("ratio", numerator="passed", denominator="inspected")


def indicator(**changed: Any) -> Indicator:
    facts: dict[str, Any] = {
        "name": "first-pass-yield",
        "version": 1,
        "title": {"en": "First-pass yield"},
        "reading_type": "inspection",
        "formula": RATIO,
        "by": ("line",),
        "window": TumblingWindow("week"),
        "calendar": "default",
        "direction": "higher_is_better",
    }
    return Indicator(**(facts | changed))


def rule(**changed: Any) -> TargetRule:
    facts: dict[str, Any] = {
        "name": "yield-below-95",
        "version": 1,
        "indicator": "first-pass-yield",
        "comparator": ">=",
        "target": Decimal("0.95"),
    }
    return TargetRule(**(facts | changed))


def key(line: str = "A") -> SeriesKey:
    subject = f'{{"line":"{line}"}}'
    return SeriesKey(series_of("first-pass-yield", 1, subject), "first-pass-yield", 1, subject, 0)


def week(number: int) -> Window:
    start = MONDAY + number * timedelta(weeks=1)
    return Window(start, start + timedelta(weeks=1))


def value(number: int, passed: float, of: float = 1000, **changed: Any) -> KpiValue:
    """The final value of one week of line A."""
    facts: dict[str, Any] = {
        "key": key(),
        "window": week(number),
        "value": passed / of,
        "numerator": float(passed),
        "denominator": float(of),
        "sample_size": 1,
        "judgement": "judged",
        "status": "final",
        "revision": 1,
    }
    return KpiValue(**(facts | changed))
