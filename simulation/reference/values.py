"""KPI values of all windows, from all facts that stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from math import prod
from typing import Any
from zoneinfo import ZoneInfo

from simulation.events import Fact, Ledger

Subject = tuple[tuple[str, str], ...]
"""(dimension, value), in the order of the dimensions' names."""

_UTC = {"time_zone": "UTC"}


@dataclass(frozen=True, slots=True)
class Value:
    """One window's value as it must finally be."""

    start: datetime
    end: datetime
    numerator: int | None
    denominator: int | None
    exact: Fraction
    sample_size: int
    is_judged: bool


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
    """All values of one indicator, windows without a reading left out; of a product those of which each factor has a value."""
    factors = factors_of(indicator)
    if factors:
        return _product([series_of(definitions[f"indicators/{name}"], definitions, facts) for name in factors])
    calendar = definitions.get(f"calendars/{indicator.get('calendar', 'default')}", _UTC)
    cells: dict[tuple[Subject, datetime, datetime], list[Fact]] = {}
    for fact in facts:
        if fact.reading_type == indicator["reading_type"] and _is_counted(fact, indicator["formula"]):
            subject = tuple((name, fact.dimensions[name]) for name in sorted(indicator.get("by", [])))
            window = _window(fact.observed_at, ZoneInfo(calendar["time_zone"]), indicator["window"]["every"])
            cells.setdefault((subject, *window), []).append(fact)
    series: Series = {}
    for (subject, start, end), inside in sorted(cells.items(), key=lambda cell: cell[0]):
        series.setdefault(subject, []).append(_value(start, end, inside, indicator=indicator))
    return series


def factors_of(indicator: Mapping[str, Any]) -> list[str]:
    """The indicators that a derived one is the product of; none where it is computed from readings."""
    formula = indicator["formula"]
    return str(formula["expression"]).split(" × ") if formula["kind"] == "derived" else []


def _product(factors: list[Series]) -> Series:
    series: Series = {}
    for subject in factors[0]:
        by_start = [{value.start: value for value in factor.get(subject, [])} for factor in factors]
        starts = sorted(set(by_start[0]).intersection(*by_start[1:]))
        found = [_multiplied([values[start] for values in by_start]) for start in starts]
        if found:
            series[subject] = found
    return series


def _multiplied(values: list[Value]) -> Value:
    first, sample = values[0], min(value.sample_size for value in values)
    exact = prod((value.exact for value in values), start=Fraction(1))
    return Value(first.start, first.end, None, None, exact, sample, all(value.is_judged for value in values))


def _is_counted(fact: Fact, formula: Mapping[str, Any]) -> bool:
    return all(fact.dimensions[name] in wanted for name, wanted in formula.get("where", {}).items())


def _window(moment: datetime, zone: ZoneInfo, every: str) -> tuple[datetime, datetime]:
    day = moment.astimezone(zone).date()
    first = day if every == "day" else day - timedelta(days=day.weekday())
    last = first + timedelta(days=1 if every == "day" else 7)
    return _midnight(first, zone), _midnight(last, zone)


def _midnight(day: Any, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _value(start: datetime, end: datetime, facts: list[Fact], *, indicator: Mapping[str, Any]) -> Value:
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
    return Value(start, end, numerator, denominator, exact, count, sample >= indicator.get("minimum_sample", 0))
