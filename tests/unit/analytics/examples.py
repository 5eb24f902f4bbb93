"""Indicators, rules and values for the unit tests of analytics."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.analytics.domain.episode import FROM_THE_BEGINNING, Episode, Start, episodes
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Formula, Indicator, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.target import Target
from services.analytics.domain.value_frame import series_of
from shared.calendars.calendar import DEFAULT_CALENDAR
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


def rule(**changed: Any) -> Rule:
    """A rule of kind `target`; fields of the target and of the rule alike."""
    own: dict[str, Any] = {"comparator": ">=", "target": Decimal("0.95"), "confidence": None}
    condition = changed.pop("condition", None) or Target(
        **(own | {name: fact for name, fact in changed.items() if name in own})
    )
    facts: dict[str, Any] = {"name": "yield-below-95", "version": 1, "indicator": "first-pass-yield"}
    return Rule(condition=condition, **(facts | {name: fact for name, fact in changed.items() if name not in own}))


def found(
    judged: Rule, values: Sequence[KpiValue], start: Start = FROM_THE_BEGINNING, *, about: Indicator | None = None
) -> list[Episode]:
    """The episodes of values of one subject, in the default calendar."""
    return episodes(judged, values, start, scene=Scene(about or indicator(), DEFAULT_CALENDAR))


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
