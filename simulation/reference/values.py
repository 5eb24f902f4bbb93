"""KPI values of all windows, from all facts that stand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import prod
from typing import Any

from simulation.events import Fact, Ledger
from simulation.reference.windows import Window, windows_of

Subject = tuple[tuple[str, str], ...]
"""(dimension, value), in the order of the dimensions' names."""

_UTC = {"time_zone": "UTC"}
_EXTREMES: Mapping[str, Callable[[Iterable[int]], int]] = {"maximum": max, "minimum": min}


@dataclass(frozen=True, slots=True)
class Value:
    """One window's value as it must finally be."""

    window: Window
    numerator: int | None
    denominator: int | None
    exact: Fraction
    sample_size: int
    is_judged: bool

    @property
    def start(self) -> datetime:
        return self.window.start


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
        return _product(
            [series_of(definitions[f"indicators/{name}"], definitions, facts) for name in factors], indicator
        )
    calendar = calendar_of(indicator, definitions)
    cells: dict[tuple[Subject, Window], list[Fact]] = {}
    data_from: dict[Subject, datetime] = {}
    for fact in facts:
        if fact.reading_type == indicator["reading_type"] and _is_counted(fact, indicator["formula"]):
            subject = tuple((name, fact.dimensions[name]) for name in sorted(indicator.get("by", [])))
            windows = windows_of(fact.observed_at, calendar, indicator["window"])
            for window in windows:
                cells.setdefault((subject, window), []).append(fact)
            data_from[subject] = min(windows[0].last_step, data_from.get(subject, windows[0].last_step))
    series: Series = {}
    for (subject, window), inside in sorted(cells.items(), key=lambda cell: cell[0]):
        is_inside_the_data = window.start >= data_from[subject]
        series.setdefault(subject, []).append(_value(window, inside, indicator, is_inside_the_data=is_inside_the_data))
    return series


def calendar_of(indicator: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The calendar of an indicator's windows."""
    return definitions.get(f"calendars/{indicator.get('calendar', 'default')}", _UTC)


def factors_of(indicator: Mapping[str, Any]) -> list[str]:
    """The indicators that a derived one is the product of; none where it is computed from readings."""
    formula = indicator["formula"]
    return str(formula["expression"]).split(" × ") if formula["kind"] == "derived" else []


def _product(factors: list[Series], indicator: Mapping[str, Any]) -> Series:
    series: Series = {}
    for subject in factors[0]:
        by_start = [{value.start: value for value in factor.get(subject, [])} for factor in factors]
        starts = sorted(set(by_start[0]).intersection(*by_start[1:]))
        found = [_multiplied([values[start] for values in by_start], indicator) for start in starts]
        if found:
            series[subject] = found
    return series


def _multiplied(values: list[Value], indicator: Mapping[str, Any]) -> Value:
    first, sample = values[0], min(value.sample_size for value in values)
    exact = prod((value.exact for value in values), start=Fraction(1))
    is_judged = sample >= indicator.get("minimum_sample", 0) and all(value.is_judged for value in values)
    return Value(first.window, None, None, exact, sample, is_judged)


def _is_counted(fact: Fact, formula: Mapping[str, Any]) -> bool:
    return all(fact.dimensions[name] in wanted for name, wanted in formula.get("where", {}).items())


def _value(window: Window, facts: list[Fact], indicator: Mapping[str, Any], *, is_inside_the_data: bool) -> Value:
    formula, count = indicator["formula"], len(facts)
    kind = formula["kind"]
    numerator: int | None
    denominator: int | None
    if kind == "ratio":
        numerator = sum(fact.measures[formula["numerator"]] for fact in facts)
        denominator = sum(fact.measures[formula["denominator"]] for fact in facts)
        exact = Fraction(numerator, denominator)
    elif kind in _EXTREMES:
        numerator, denominator = None, None
        exact = Fraction(_EXTREMES[kind](fact.measures[formula["measure"]] for fact in facts))
    else:
        numerator = count if kind == "count" else sum(fact.measures[formula["measure"]] for fact in facts)
        denominator = count if kind == "mean" else None
        exact = Fraction(numerator, count if kind == "mean" else 1)
    sample = denominator if kind == "ratio" and denominator is not None else count
    is_judged = is_inside_the_data and sample >= indicator.get("minimum_sample", 0)
    return Value(window, numerator, denominator, exact, count, is_judged)
