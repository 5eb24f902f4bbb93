"""Indicators as people write them, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

from services.analytics.domain.errors import invalid
from services.analytics.domain.formula_form import formula_body, read_formula
from services.analytics.domain.indicator import FROM_OTHERS, IDLE_TIMEOUT, Direction, Indicator
from services.analytics.domain.window_form import read_window, window_body
from shared.runtime.duration import format_duration, parse_duration
from shared.runtime.form import (
    Form,
    a_name,
    a_text,
    a_whole_number,
    names,
    one_of,
    titles,
)

EFFECTIVE_FROM = "effective_from"

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
    EFFECTIVE_FROM,
)
_DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_LONGEST = timedelta(days=366)
_MOST_SAMPLE = 10**9
_YEARS = range(1900, 2200)


def read_indicator(name: str, version: int, body: Mapping[str, Any]) -> Indicator:
    """Read a definition by itself; whether its calendar exists is for the caller to ask.

    Raises:
        InvalidDefinition: with every problem found.
    """
    form = Form(body)
    form.only("an indicator", FIELDS)
    formula = read_formula(form)
    if formula.kind in FROM_OTHERS:
        _check_derived(form)
    indicator = Indicator(
        name=name,
        version=version,
        title=form.read("title", titles, {"en": name}),
        reading_type=form.read("reading_type", a_name, "")
        if formula.kind in FROM_OTHERS
        else form.require("reading_type", a_name, "", remedy="name the reading type whose readings count"),
        formula=formula,
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
        effective_from=form.read(EFFECTIVE_FROM, _a_moment, None),
    )
    if indicator.deputy is not None and indicator.deputy == indicator.owner:
        form.report("deputy", "is the owner too; name somebody who stands in, or leave it out")
    if form.problems:
        raise invalid(form.problems)
    return indicator


def indicator_body(indicator: Indicator) -> dict[str, Any]:
    """The definition in the form in which it is stored and shown, nothing left out."""
    texts = {"owner": indicator.owner, "deputy": indicator.deputy, "data_source": indicator.data_source}
    return {
        "title": dict(indicator.title),
        **({"reading_type": indicator.reading_type} if indicator.reading_type else {}),
        "formula": formula_body(indicator.formula),
        "by": list(indicator.by),
        "window": window_body(indicator.window),
        "calendar": indicator.calendar,
        "direction": indicator.direction,
        "minimum_sample": indicator.minimum_sample,
        "allowed_lateness": format_duration(indicator.allowed_lateness),
        "idle_timeout": format_duration(indicator.idle_timeout),
        "unit": indicator.unit,
        **{field: text for field, text in texts.items() if text is not None},
        **({} if indicator.effective_from is None else {EFFECTIVE_FROM: indicator.effective_from.isoformat()}),
    }


def computes_alike(one: Indicator, other: Indicator) -> bool:
    """Whether the panes of one are the panes of the other: what differs is only how values are named, closed or judged."""
    return _computation(one) == _computation(other)


def _computation(indicator: Indicator) -> tuple[object, ...]:
    return (indicator.reading_type, indicator.formula, set(indicator.by), indicator.window, indicator.calendar)


def _check_derived(form: Form) -> None:
    """What stands for the default is no contradiction: it is what the stored definition says."""
    if form.has("reading_type"):
        form.report("reading_type", "means nothing to an indicator that is computed from others; leave it out")
    for field, default in (("allowed_lateness", "PT0S"), ("idle_timeout", format_duration(IDLE_TIMEOUT))):
        if form.fields.get(field, default) != default:
            form.report(field, "means nothing here: windows close when those of its parts do; leave it out")


def _a_duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a duration; write for example PT2H, P2D or P1DT12H")
    return parse_duration(value, at_most=_LONGEST)


def _a_moment(value: Any) -> datetime:
    """In UTC."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a time; write for example 2026-04-01T00:00:00+08:00, in quotation marks")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        detail = f"{value!r} is not a time; write for example 2026-04-01T00:00:00+08:00"
        raise ValueError(detail) from None
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} names no time zone; write for example {moment.isoformat()}+08:00")
    if moment.year not in _YEARS:
        raise ValueError(f"{value!r} is not from {_YEARS[0]} to {_YEARS[-1]}")
    return moment.astimezone(UTC)
