"""Run rules as people choose them: by name, or by name with another length, number of points or line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.rule_catalogue import DEFAULT_NELSON, NELSON, WESTERN_ELECTRIC
from services.analytics.domain.spc.run_rules import Alternation, Avoiding, Beyond, Hugging, RunRule, Trend
from shared.runtime.form import Form, one_of

_KNOWN: Mapping[str, RunRule] = {rule.name: rule for rule in (*NELSON.values(), *WESTERN_ELECTRIC.values())}
_DEFAULT = [NELSON[number].name for number in DEFAULT_NELSON]
_MOST_POINTS = 25
_FARTHEST = 10.0


@dataclass(frozen=True, slots=True)
class RunRuleChoice:
    """One of the named rules.

    Attributes:
        changed: its parameters that differ from the usual ones, as people write them.
    """

    rule: RunRule
    changed: tuple[tuple[str, int | float], ...] = ()

    def body(self) -> Any:
        return {"rule": self.rule.name, **dict(self.changed)} if self.changed else self.rule.name


def read_run_rules(form: Form) -> tuple[RunRuleChoice, ...]:
    """The field `run_rules`; what is wrong is reported to the form."""
    return form.read("run_rules", _choices, _choices(_DEFAULT))


def _choices(value: Any) -> tuple[RunRuleChoice, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise TypeError('write a list such as ["N1", "N5", {"rule": "N2", "points": 8}]')
    choices = tuple(_choice(one) for one in value)
    names = [choice.rule.name for choice in choices]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{twice[0]} stands in the list twice")
    return choices


def _choice(value: Any) -> RunRuleChoice:
    if not isinstance(value, Mapping):
        return RunRuleChoice(_KNOWN[_a_rule(value)])
    known = _KNOWN[_a_rule(value.get("rule"))]
    changed = {name: given for name, given in value.items() if name != "rule"}
    allowed = _parameters(known)
    wrong = [name for name in changed if name not in allowed]
    if wrong:
        raise ValueError(f"{known.name} has no {wrong[0]}; what can be set is {', '.join(allowed)}")
    if not changed:
        return RunRuleChoice(known)
    try:
        return RunRuleChoice(_with(known, changed), tuple(changed.items()))
    except InvalidStatisticsInput as error:
        raise ValueError(f"{known.name}: {error}") from error


def _a_rule(value: Any) -> str:
    return one_of(tuple(_KNOWN), "a run rule")(value)


def _parameters(rule: RunRule) -> tuple[str, ...]:
    if isinstance(rule, Beyond):
        return ("points", "of", "line")
    return ("points",) if isinstance(rule, Trend | Alternation) else ("points", "line")


def _with(known: RunRule, changed: Mapping[str, Any]) -> RunRule:
    points = _a_number_of_points(changed["points"]) if "points" in changed else None
    line = _a_line(changed["line"]) if "line" in changed else None
    if isinstance(known, Beyond):
        needed = known.needed if points is None else points
        in_a_row = known.needed == known.window
        window = _a_number_of_points(changed["of"]) if "of" in changed else needed if in_a_row else known.window
        return replace(known, needed=needed, window=window, line=known.line if line is None else line)
    if isinstance(known, Hugging | Avoiding):
        length = known.points if points is None else points
        return replace(known, points=length, line=known.line if line is None else line)
    if isinstance(known, Trend | Alternation):
        return replace(known, points=known.window if points is None else points)
    raise TypeError(f"{known.name} is of no known shape")


def _a_number_of_points(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_POINTS:
        raise ValueError(f"{value!r} is no number of points; write a whole number up to {_MOST_POINTS}")
    return value


def _a_line(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _FARTHEST:
        raise ValueError(f"{value!r} is no line; write its distance from the centre, in sigmas, up to {_FARTHEST:g}")
    return float(value)
