"""Indicators as people write them, and back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast, get_args

from services.analytics.domain.errors import invalid
from services.analytics.domain.indicator import IDLE_TIMEOUT, Direction, Formula, FormulaKind, Indicator
from services.analytics.domain.window_form import read_window, window_body
from shared.runtime.duration import format_duration, parse_duration
from shared.runtime.form import (
    Form,
    a_name,
    a_text,
    a_whole_number,
    dimension_choices,
    names,
    one_of,
    titles,
)

FIELDS = (
    "title",
    "reading_type",
    "formula",
    "by",
    "window",
    "calendar",
    "direction",
    "minimum_sample",
    "allowed_lateness",
    "idle_timeout",
    "unit",
    "owner",
    "deputy",
    "data_source",
)
_FORMULA_FIELDS = ("kind", "measure", "numerator", "denominator", "where", "q")
_KINDS: tuple[FormulaKind, ...] = get_args(FormulaKind)
_DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_LONGEST = timedelta(days=366)
_MOST_SAMPLE = 10**9
_LEAST_PART = 0.0001


def read_indicator(name: str, version: int, body: Mapping[str, Any]) -> Indicator:
    """Read a definition by itself; whether its calendar exists is for the caller to ask.

    Raises:
        InvalidDefinition: with every problem found.
    """
    form = Form(body)
    form.only("an indicator", FIELDS)
    indicator = Indicator(
        name=name,
        version=version,
        title=form.read("title", titles, {"en": name}),
        reading_type=form.require("reading_type", a_name, "", remedy="name the reading type whose readings count"),
        formula=_read_formula(form),
        by=form.read("by", names, ()),
        window=read_window(form),
        calendar=form.read("calendar", a_name, "default"),
        direction=cast(
            "Direction",
            form.require("direction", one_of(_DIRECTIONS, "a direction"), "", remedy=f"say {' or '.join(_DIRECTIONS)}"),
        ),
        minimum_sample=form.read("minimum_sample", a_whole_number(0, _MOST_SAMPLE), 0),
        allowed_lateness=form.read("allowed_lateness", _a_duration, timedelta(0)),
        idle_timeout=form.read("idle_timeout", _a_duration, IDLE_TIMEOUT),
        unit=form.read("unit", a_text, "1"),
        owner=form.read("owner", a_text, None),
        deputy=form.read("deputy", a_text, None),
        data_source=form.read("data_source", a_text, None),
    )
    if indicator.deputy is not None and indicator.deputy == indicator.owner:
        form.report("deputy", "is the owner too; name somebody who stands in, or leave it out")
    if form.problems:
        raise invalid(form.problems)
    return indicator


def indicator_body(indicator: Indicator) -> dict[str, Any]:
    """The definition in the form in which it is stored and shown, nothing left out."""
    formula = indicator.formula
    named = {"measure": formula.measure, "numerator": formula.numerator, "denominator": formula.denominator}
    texts = {"owner": indicator.owner, "deputy": indicator.deputy, "data_source": indicator.data_source}
    where = {"where": {dimension: list(values) for dimension, values in formula.where.items()}}
    return {
        "title": dict(indicator.title),
        "reading_type": indicator.reading_type,
        "formula": {
            "kind": formula.kind,
            **{field: measure for field, measure in named.items() if measure is not None},
            **(where if formula.where else {}),
            **({} if formula.q is None else {"q": formula.q}),
        },
        "by": list(indicator.by),
        "window": window_body(indicator.window),
        "calendar": indicator.calendar,
        "direction": indicator.direction,
        "minimum_sample": indicator.minimum_sample,
        "allowed_lateness": format_duration(indicator.allowed_lateness),
        "idle_timeout": format_duration(indicator.idle_timeout),
        "unit": indicator.unit,
        **{field: text for field, text in texts.items() if text is not None},
    }


def computes_alike(one: Indicator, other: Indicator) -> bool:
    """Whether the panes of one are the panes of the other: what differs is only how values are named, closed or judged."""
    return _computation(one) == _computation(other)


def _computation(indicator: Indicator) -> tuple[object, ...]:
    return (indicator.reading_type, indicator.formula, set(indicator.by), indicator.window, indicator.calendar)


def _read_formula(form: Form) -> Formula:
    part = form.part("formula", f"is missing; write for example {{kind: ratio, …}}; kinds are {', '.join(_KINDS)}")
    part.only("a formula", _FORMULA_FIELDS)
    kind = cast(
        "FormulaKind",
        part.require("kind", one_of(_KINDS, "a kind of formula"), "count", remedy=f"use one of {', '.join(_KINDS)}"),
    )
    formula = Formula(
        kind=kind,
        measure=part.read("measure", a_name, None),
        numerator=part.read("numerator", a_name, None),
        denominator=part.read("denominator", a_name, None),
        where=part.read("where", dimension_choices, {}),
        q=part.read("q", _a_part, None),
    )
    _check_measures(part, kind)
    if kind == "quantile" and not part.has("q"):
        part.report("q", "is missing; say which quantile, for example 0.95, or 0.5 for the median")
    if kind != "quantile" and part.has("q"):
        part.report("q", f"means nothing to {kind}; leave it out")
    return formula


def _check_measures(part: Form, kind: FormulaKind) -> None:
    wanted = {"ratio": ("numerator", "denominator"), "count": ()}.get(kind, ("measure",))
    for field in ("measure", "numerator", "denominator"):
        if field in wanted and not part.has(field):
            part.report(field, f"is missing; {kind} needs the name of a measure here")
        if field not in wanted and part.has(field) and not (kind == "count" and field == "measure"):
            part.report(field, f"means nothing to {kind}; leave it out")


def _a_part(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _LEAST_PART <= value <= 1 - _LEAST_PART:
        raise ValueError(f"{value!r} is no quantile; write a number from {_LEAST_PART} to {1 - _LEAST_PART}")
    return float(value)


def _a_duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a duration; write for example PT2H, P2D or P1DT12H")
    return parse_duration(value, at_most=_LONGEST)
