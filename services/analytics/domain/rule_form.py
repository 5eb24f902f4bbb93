"""Rules as people write them, and back; and the rules that follow from goals."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from services.analytics.domain.errors import invalid
from services.analytics.domain.rule import COMPARATORS, SEVERITIES, Comparator, Severity, TargetRule
from shared.runtime.form import (
    Form,
    a_name,
    a_whole_number,
    dimension_values,
    one_of,
    titles,
    yes_or_no,
)

FIELDS = (
    "indicator",
    "kind",
    "comparator",
    "target",
    "for_windows",
    "clear_after",
    "severity",
    "opens_issue",
    "subject",
    "title",
)
_PLANNED_KINDS = ("change_from_previous", "control_chart", "ewma", "cusum", "seasonal", "missing_data")
_MOST_WINDOWS = 100
_LARGEST_TARGET = 10**15


def read_rule(name: str, version: int, body: Mapping[str, Any]) -> TargetRule:
    """Read a definition by itself; whether its indicator exists is for the caller to ask.

    Raises:
        InvalidDefinition: with every problem found.
    """
    form = Form(body)
    form.only("a rule", FIELDS)
    form.require("kind", _a_kind, "target", remedy="write target")
    rule = TargetRule(
        name=name,
        version=version,
        indicator=form.require("indicator", a_name, "", remedy="name the indicator that is judged"),
        comparator=cast(
            "Comparator",
            form.require("comparator", one_of(COMPARATORS, "a comparator"), ">=", remedy=_says_what_is_good()),
        ),
        target=form.require(
            "target", a_decimal, Decimal(0), remedy="write the number that a good value is compared with"
        ),
        for_windows=form.read("for_windows", a_whole_number(1, _MOST_WINDOWS), 1),
        clear_after=form.read("clear_after", a_whole_number(1, _MOST_WINDOWS), 1),
        severity=cast("Severity", form.read("severity", one_of(SEVERITIES, "a severity"), "moderate")),
        opens_issue=form.read("opens_issue", yes_or_no, False),
        subject=form.read("subject", dimension_values, {}),
        title=form.read("title", titles, {}),
    )
    if form.problems:
        raise invalid(form.problems)
    return rule


def rule_body(rule: TargetRule) -> dict[str, Any]:
    """The definition in the form in which it is stored and shown, nothing left out."""
    return {
        "indicator": rule.indicator,
        "kind": "target",
        "comparator": rule.comparator,
        "target": int(rule.target) if rule.target == rule.target.to_integral_value() else float(rule.target),
        "for_windows": rule.for_windows,
        "clear_after": rule.clear_after,
        "severity": rule.severity,
        "opens_issue": rule.opens_issue,
        "subject": dict(rule.subject),
        **({"title": dict(rule.title)} if rule.title else {}),
    }


def a_decimal(value: Any) -> Decimal:
    """The number as it was written: the shortest decimal that the double stands for."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN alone
        raise TypeError(f"{value!r} is not a number")
    if not -_LARGEST_TARGET <= value <= _LARGEST_TARGET:
        raise ValueError(f"targets lie between -{_LARGEST_TARGET:.0e} and {_LARGEST_TARGET:.0e}")
    return Decimal(str(value))


def _a_kind(value: Any) -> str:
    if value in _PLANNED_KINDS:
        raise ValueError(f"rules of kind {value} cannot be judged yet; what can be is target")
    return one_of(("target",), "a kind of rule")(value)


def _says_what_is_good() -> str:
    return f"say what is good, with one of {', '.join(COMPARATORS)}"
