"""KPI values of the flights, computed row by row in plain Python: no polars, and nothing of Andon.

Written from what the definitions mean, not from the code that computes them, so that an error of either shows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from services.cli.demo.flights import NOT_AVAILABLE, Row

NEW_YORK = ZoneInfo("America/New_York")

Subject = tuple[tuple[str, str], ...]
"""Dimension and value; empty for the company."""
Span = tuple[str, str]
"""A window by its local days: the first, and the first after it. `("2013-01-07", "2013-01-14")`"""


@dataclass(frozen=True, slots=True)
class Value:
    """One KPI value: its sums, how many readings it rests on, and whether they are enough to be judged."""

    numerator: int
    denominator: int
    readings: int
    judged: bool

    @property
    def value(self) -> float | None:
        return None if self.denominator == 0 else self.numerator / self.denominator


Series = Mapping[Span, Value]
"""In the order of the windows."""
Values = Mapping[tuple[str, Subject], Series]
"""Indicator and subject → its values."""


@dataclass
class _Sums:
    numerator: int = 0
    denominator: int = 0
    readings: int = 0


@dataclass(frozen=True, slots=True)
class _Indicator:
    """How one indicator looks at a row: whose it is, what it adds (None: nothing), and when."""

    subject: Callable[[Row], Subject]
    adds: Callable[[Row], tuple[int, int] | None]
    window: Callable[[date], tuple[date, date]]


def _company(row: Row) -> Subject:  # noqa: ARG001 - every flight is the company's
    return ()


def _carrier(row: Row) -> Subject:
    return (("carrier", row.carrier),)


def _origin(row: Row) -> Subject:
    return (("origin", row.origin),)


def _on_time_of_arrived(row: Row) -> tuple[int, int]:
    if row.arr_delay == NOT_AVAILABLE:
        return 0, 0
    return int(int(row.arr_delay) < 15), 1


def _cancelled_of_scheduled(row: Row) -> tuple[int, int]:
    return int(row.dep_time == NOT_AVAILABLE), 1


def _delay(row: Row) -> tuple[int, int] | None:
    return None if row.dep_delay == NOT_AVAILABLE else (int(row.dep_delay), 1)


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


_INDICATORS: Mapping[str, _Indicator] = {
    "on-time": _Indicator(_company, _on_time_of_arrived, _week),
    "on-time-by-carrier": _Indicator(_carrier, _on_time_of_arrived, _week),
    "cancellation-rate": _Indicator(_origin, _cancelled_of_scheduled, _month),
    "departure-delay": _Indicator(_carrier, _delay, _week),
}


def expected_values(rows: Iterable[Row], minimum_samples: Mapping[str, int]) -> Values:
    """All values; `minimum_samples` says for each indicator from which denominator on a value is judged."""
    sums: defaultdict[tuple[str, Subject, Span], _Sums] = defaultdict(_Sums)
    for row in rows:
        day = date(int(row.year), int(row.month), int(row.day))
        for name, indicator in _INDICATORS.items():
            adds = indicator.adds(row)
            if adds is None:
                continue
            first, after = indicator.window(day)
            total = sums[name, indicator.subject(row), (first.isoformat(), after.isoformat())]
            total.numerator += adds[0]
            total.denominator += adds[1]
            total.readings += 1
    values: defaultdict[tuple[str, Subject], dict[Span, Value]] = defaultdict(dict)
    for (name, subject, span), total in sorted(sums.items()):
        judged = total.denominator >= max(1, minimum_samples[name])
        values[name, subject][span] = Value(total.numerator, total.denominator, total.readings, judged)
    return values
