"""Rules as people write them, and back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from services.analytics.domain.errors import invalid
from services.analytics.domain.finding import Condition
from services.analytics.domain.rule import MODES, SEVERITIES, Mode, Rule, Severity
from services.analytics.domain.rules.change import CHANGE_FIELDS, read_change
from services.analytics.domain.rules.control_chart import CONTROL_CHART_FIELDS, read_control_chart
from services.analytics.domain.rules.cusum import CUSUM_FIELDS, read_cusum
from services.analytics.domain.rules.ewma import EWMA_FIELDS, read_ewma
from services.analytics.domain.rules.missing_data import MISSING_DATA_FIELDS, read_missing_data
from services.analytics.domain.rules.number_form import a_size
from services.analytics.domain.rules.seasonal import SEASONAL_FIELDS, read_seasonal
from services.analytics.domain.rules.target import read_target
from shared.runtime.form import (
    Form,
    a_name,
    a_whole_number,
    dimension_values,
    one_of,
    titles,
    yes_or_no,
)

COMMON_FIELDS = (
    "indicator",
    "kind",
    "for_windows",
    "of",
    "clear_after",
    "cooldown",
    "minimum_sample",
    "minimum_effect",
    "severity",
    "severity_by_size",
    "opens_issue",
    "mode",
    "subject",
    "title",
)
KINDS: Mapping[str, tuple[Callable[[Form], Condition], tuple[str, ...]]] = {
    "target": (read_target, ("comparator", "target", "significantly")),
    "change_from_previous": (read_change, CHANGE_FIELDS),
    "control_chart": (read_control_chart, CONTROL_CHART_FIELDS),
    "ewma": (read_ewma, EWMA_FIELDS),
    "cusum": (read_cusum, CUSUM_FIELDS),
    "seasonal": (read_seasonal, SEASONAL_FIELDS),
    "missing_data": (read_missing_data, MISSING_DATA_FIELDS),
}
"""Kind → how its own fields are read, and their names."""

_MOST_WINDOWS = 100
_MOST_SAMPLE = 10**9


def read_rule(name: str, version: int, body: Mapping[str, Any]) -> Rule:
    """Read a definition by itself; whether its indicator exists is for the caller to ask.

    Raises:
        InvalidDefinition: with every problem found.
    """
    form = Form(body)
    form.require("kind", _a_kind, "", remedy=f"write {' or '.join(KINDS)}")
    kind = body.get("kind")
    read_condition, own = KINDS.get(kind if isinstance(kind, str) else "", KINDS["target"])
    form.only("a rule", (*COMMON_FIELDS, *own))
    for_windows = form.read("for_windows", a_whole_number(1, _MOST_WINDOWS), 1)
    rule = Rule(
        name=name,
        version=version,
        indicator=form.require("indicator", a_name, "", remedy="name the indicator that is judged"),
        condition=read_condition(form),
        for_windows=for_windows,
        of=form.read("of", a_whole_number(for_windows, _MOST_WINDOWS), for_windows),
        clear_after=form.read("clear_after", a_whole_number(1, _MOST_WINDOWS), 1),
        cooldown=form.read("cooldown", a_whole_number(0, _MOST_WINDOWS), 0),
        minimum_sample=form.read("minimum_sample", a_whole_number(0, _MOST_SAMPLE), 0),
        minimum_effect=form.read("minimum_effect", a_size, 0.0),
        severity=cast("Severity", form.read("severity", one_of(SEVERITIES, "a severity"), "moderate")),
        severity_by_size=form.read("severity_by_size", _severities, ()),
        opens_issue=form.read("opens_issue", yes_or_no, False),
        mode=cast("Mode", form.read("mode", one_of(MODES, "a mode"), "act")),
        subject=form.read("subject", dimension_values, {}),
        title=form.read("title", titles, {}),
    )
    if form.problems:
        raise invalid(form.problems)
    return rule


def rule_body(rule: Rule) -> dict[str, Any]:
    """The definition in the form in which it is stored and shown. What came later than the first rules is left out where it is
    as if it were not there, so that a rule of then is still the same one."""
    later: dict[str, tuple[Any, Any]] = {
        "of": (rule.of, rule.for_windows),
        "cooldown": (rule.cooldown, 0),
        "minimum_sample": (rule.minimum_sample, 0),
        "minimum_effect": (rule.minimum_effect, 0.0),
        "severity_by_size": ([{"size": size, "severity": one} for size, one in rule.severity_by_size], []),
        "mode": (rule.mode, "act"),
        "title": (dict(rule.title), {}),
    }
    return {
        "indicator": rule.indicator,
        "kind": rule.condition.kind,
        **rule.condition.body(),
        "for_windows": rule.for_windows,
        "clear_after": rule.clear_after,
        "severity": rule.severity,
        "opens_issue": rule.opens_issue,
        "subject": dict(rule.subject),
        **{name: value for name, (value, without) in later.items() if value != without},
    }


def _severities(value: Any) -> tuple[tuple[float, Severity], ...]:
    """From the smallest size to the largest, whatever their order was."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(_is_step(one) for one in value):
        raise TypeError('write a list such as [{"size": 0.02, "severity": "major"}]')
    steps = [(a_size(one["size"]), one_of(SEVERITIES, "a severity")(one["severity"])) for one in value]
    if len({size for size, _ in steps}) != len(steps):
        raise ValueError("a size stands in the list twice")
    return tuple((size, cast("Severity", severity)) for size, severity in sorted(steps))


def _is_step(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"size", "severity"}


def _a_kind(value: Any) -> str:
    return one_of(tuple(KINDS), "a kind of rule")(value)
