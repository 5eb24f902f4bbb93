"""Formulas as people write them, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast, get_args

from services.analytics.domain.expression import MOST_PARTS, Expression, parse, show, weighted_sum
from services.analytics.domain.indicator import Formula, FormulaKind
from services.analytics.domain.rules.number_form import a_decimal
from shared.runtime.form import Form, a_name, a_text, dimension_choices, one_of

_FIELDS = ("kind", "measure", "numerator", "denominator", "where", "q", "expression", "weights")
_KINDS: tuple[FormulaKind, ...] = get_args(FormulaKind)
_OWN: Mapping[str, tuple[str, ...]] = {
    "ratio": ("numerator", "denominator", "where"),
    "count": ("measure", "where"),
    "quantile": ("measure", "q", "where"),
    "derived": ("expression",),
    "weighted_score": ("weights",),
}
"""What a kind of formula may have; any other kind is of one `measure`."""
_REMEDIES = {
    "q": "is missing; say which quantile, for example 0.95, or 0.5 for the median",
    "expression": "is missing; write for example first-pass-yield * rework-yield",
    "weights": "is missing; write for example {politeness: 0.5, speed: 0.3, accuracy: 0.2}",
}
_LEAST_PART = 0.0001


def read_formula(form: Form) -> Formula:
    """The field `formula`; what is wrong with it is reported."""
    part = form.part("formula", f"is missing; write for example {{kind: ratio, …}}; kinds are {', '.join(_KINDS)}")
    part.only("a formula", _FIELDS)
    kind = cast(
        "FormulaKind",
        part.require("kind", one_of(_KINDS, "a kind of formula"), "count", remedy=f"use one of {', '.join(_KINDS)}"),
    )
    _check_fields(part, kind)
    weights = part.read("weights", _weights, None)
    return Formula(
        kind=kind,
        measure=part.read("measure", a_name, None),
        numerator=part.read("numerator", a_name, None),
        denominator=part.read("denominator", a_name, None),
        where=part.read("where", dimension_choices, {}),
        q=part.read("q", _a_part, None),
        expression=part.read("expression", _an_expression, None) if weights is None else weighted_sum(weights),
        weights=weights or {},
    )


def formula_body(formula: Formula) -> dict[str, Any]:
    """The formula in the form in which it is stored and shown."""
    named = {"measure": formula.measure, "numerator": formula.numerator, "denominator": formula.denominator}
    where = {dimension: list(values) for dimension, values in formula.where.items()}
    return {
        "kind": formula.kind,
        **{field: measure for field, measure in named.items() if measure is not None},
        **({"where": where} if where else {}),
        **({} if formula.q is None else {"q": formula.q}),
        **_expression_body(formula),
    }


def _expression_body(formula: Formula) -> dict[str, Any]:
    if formula.weights:
        return {"weights": {name: float(weight) for name, weight in formula.weights.items()}}
    return {} if formula.expression is None else {"expression": show(formula.expression)}


def _check_fields(part: Form, kind: FormulaKind) -> None:
    own = _OWN.get(kind, ("measure", "where"))
    for field in own:
        optional = field == "where" or (kind, field) == ("count", "measure")
        if not optional and not part.has(field):
            part.report(field, _REMEDIES.get(field, f"is missing; {kind} needs the name of a measure here"))
    for field in _FIELDS[1:]:
        if field not in own and part.has(field):
            part.report(field, f"means nothing to {kind}; leave it out")


def _a_part(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _LEAST_PART <= value <= 1 - _LEAST_PART:
        raise ValueError(f"{value!r} is no quantile; write a number from {_LEAST_PART} to {1 - _LEAST_PART}")
    return float(value)


def _an_expression(value: Any) -> Expression:
    return parse(a_text(value))


def _weights(value: Any) -> Mapping[str, Decimal]:
    if not isinstance(value, Mapping) or not value:
        raise TypeError("write one weight for each indicator, as in {politeness: 0.5, speed: 0.3, accuracy: 0.2}")
    if len(value) > MOST_PARTS:
        raise ValueError(f"names more than {MOST_PARTS} indicators; score some of them by an indicator of its own")
    weights = {a_name(name): a_decimal(weight) for name, weight in value.items()}
    light = [name for name, weight in weights.items() if weight <= 0]
    if light:
        raise ValueError(f"{light[0]} weighs nothing; give it a weight above 0, or leave it out")
    total = sum(weights.values())
    if total != 1:
        raise ValueError(f"the weights add up to {total}; they must add up to 1")
    return weights
