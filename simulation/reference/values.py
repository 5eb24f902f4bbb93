"""KPI values of all windows, from all facts that stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from simulation.events import Fact, Ledger

Subject = tuple[tuple[str, str], ...]
"""(dimension, value), in the order of the dimensions' names."""

_UTC = {"time_zone": "UTC"}


@dataclass(frozen=True, slots=True)
class Value:
    """One window's value as it must finally be; `first_day` and `next_day` are local, the day after its last among them."""

    start: datetime
    end: datetime
    numerator: int | None
    denominator: int | None
    exact: Fraction
    sample_size: int
    is_judged: bool
    first_day: date
    next_day: date


Series = dict[Subject, list[Value]]
"""By subject, in the order of the windows."""


def standing_facts(ledger: Ledger) -> list[Fact]:
    """What counts: the newest revision of each event, or its first copy."""
    found: list[Fact] = []
    for key, first in ledger.facts.items():
        revisions = ledger.revisions.get(key, [])
        newest = max(revisions, key=lambda one: (one.revised_at, one.id), default=None)
        fact = first if newest is None else newest.fact
        if fact is not None:
            found.append(fact)
    return found


def series_of(
    indicator: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]], facts: Iterable[Fact]
) -> Series:
    """All values of one indicator, windows without a reading left out."""
    calendar = definitions.get(f"calendars/{indicator.get('calendar', 'default')}", _UTC)
    cells: dict[tuple[Subject, date, date], list[Fact]] = {}
    for fact in facts:
        if fact.reading_type == indicator["reading_type"] and _is_counted(fact, indicator["formula"]):
            subject = tuple((name, fact.dimensions[name]) for name in sorted(indicator.get("by", [])))
            window = _days(fact.observed_at, ZoneInfo(calendar["time_zone"]), indicator["window"]["every"])
            cells.setdefault((subject, *window), []).append(fact)
    series: Series = {}
    zone = ZoneInfo(calendar["time_zone"])
    for (subject, *days), inside in sorted(cells.items(), key=lambda cell: cell[0]):
        series.setdefault(subject, []).append(_value((days[0], days[1]), zone, inside, indicator=indicator))
    return series


def _is_counted(fact: Fact, formula: Mapping[str, Any]) -> bool:
    return all(fact.dimensions[name] in wanted for name, wanted in formula.get("where", {}).items())


def _days(moment: datetime, zone: ZoneInfo, every: str) -> tuple[date, date]:
    day = moment.astimezone(zone).date()
    first = day if every == "day" else day - timedelta(days=day.weekday())
    return first, first + timedelta(days=1 if every == "day" else 7)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _value(days: tuple[date, date], zone: ZoneInfo, facts: list[Fact], *, indicator: Mapping[str, Any]) -> Value:
    formula, count = indicator["formula"], len(facts)
    kind = formula["kind"]
    numerator: int | None
    denominator: int | None
    if kind == "ratio":
        numerator = sum(fact.measures[formula["numerator"]] for fact in facts)
        denominator = sum(fact.measures[formula["denominator"]] for fact in facts)
        exact = Fraction(numerator, denominator)
    elif kind == "maximum":
        numerator, denominator = None, None
        exact = Fraction(max(fact.measures[formula["measure"]] for fact in facts))
    else:
        numerator = count if kind == "count" else sum(fact.measures[formula["measure"]] for fact in facts)
        denominator = count if kind == "mean" else None
        exact = Fraction(numerator, count if kind == "mean" else 1)
    sample = denominator if kind == "ratio" and denominator is not None else count
    start, end = (_midnight(day, zone) for day in days)
    is_judged = sample >= indicator.get("minimum_sample", 0)
    return Value(start, end, numerator, denominator, exact, count, is_judged, *days)
