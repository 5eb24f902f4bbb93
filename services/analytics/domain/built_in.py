"""Indicators that exist from the start: how good the data are that each source sends."""

from collections.abc import Mapping
from typing import Any

from services.analytics.domain.data_quality import DELIVERY, INTAKE, SUMMED
from services.analytics.domain.indicator import Indicator
from shared.runtime.errors import FieldProblem

OWNER = "Andon"
_PREFIX = "andon-"
_SUMMED_KINDS = ("ratio", "sum", "count")

BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "andon-rejection-rate": {
        "title": {"en": "Rejection rate of a source", "zh": "数据源拒收率"},
        "reading_type": INTAKE,
        "formula": {"kind": "ratio", "numerator": "refused", "denominator": "received"},
        "direction": "lower_is_better",
        # Counted by arrival: of a source that is silent everything is known that will ever be.
        "idle_timeout": "PT1M",
    },
    "andon-timeliness": {
        "title": {"en": "Timeliness of a source", "zh": "数据源及时率"},
        "reading_type": DELIVERY,
        "formula": {"kind": "ratio", "numerator": "on_time", "denominator": "readings"},
        "direction": "higher_is_better",
        "allowed_lateness": "PT15M",
    },
    "andon-completeness": {
        "title": {"en": "Completeness of a source", "zh": "数据源完整率"},
        "reading_type": DELIVERY,
        "formula": {"kind": "ratio", "numerator": "came", "denominator": "expected"},
        "direction": "higher_is_better",
        "allowed_lateness": "PT15M",
    },
}
"""Name → definition, as people would write it, without what all of them have in common."""


def built_in_body(name: str) -> dict[str, Any]:
    """One of them whole: by source, each hour of the default calendar, in per cent."""
    common = {"by": ["source"], "window": {"kind": "tumbling", "every": "hour"}, "unit": "%", "owner": OWNER}
    return {**BUILT_IN[name], **common}


def own_name_problems(name: str) -> list[FieldProblem]:
    """Why people may not define an indicator of this name, and what they may do; empty if they may."""
    if name in BUILT_IN:
        reading_type = BUILT_IN[name]["reading_type"]
        remedy = (
            f"{name} is built in and cannot be changed; judge it by rules and goals, or define an indicator of another name "
            f"over the reading type {reading_type}, with windows, calendar and sources of your own"
        )
        return [FieldProblem("/name", remedy)]
    if name.startswith(_PREFIX):
        return [FieldProblem("/name", f"begins with {_PREFIX}, which names what is built in; choose another name")]
    return []


def summed_type_problems(indicator: Indicator) -> list[FieldProblem]:
    """What cannot be computed over a reading type whose rows are sums of many readings, and what can."""
    measures = SUMMED.get(indicator.reading_type)
    if measures is None:
        return []
    problems = []
    if indicator.formula.kind not in _SUMMED_KINDS:
        known = " or ".join(_SUMMED_KINDS)
        detail = f"rows of {indicator.reading_type} stand for many readings; use {known}"
        problems.append(FieldProblem("/formula/kind", detail))
    unknown = [name for name in indicator.formula.measures if name not in measures]
    if unknown:
        detail = f"{indicator.reading_type} has no {unknown[0]}; its measures are {', '.join(measures)}"
        problems.append(FieldProblem("/formula", detail))
    return problems
