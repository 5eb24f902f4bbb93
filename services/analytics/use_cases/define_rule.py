"""Put a rule in force. What is stored already is judged by it too."""

from collections.abc import Callable
from dataclasses import dataclass

from services.analytics.domain.catalogue import Definition
from services.analytics.domain.errors import invalid
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_form import read_rule, rule_body
from services.analytics.domain.rules.change import YEARLY, ChangeFromPrevious
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.domain.rules.target import COUNTED, Target
from services.analytics.ports.defining import DefinitionUnitOfWork
from services.analytics.use_cases.defining import Define, put
from shared.runtime.defined import Defined
from shared.runtime.errors import FieldProblem


@dataclass(frozen=True, slots=True)
class DefineRule:
    """Raises InvalidDefinition."""

    units: Callable[[], DefinitionUnitOfWork]

    def __call__(self, command: Define) -> Defined[Definition]:
        """Repeating it changes nothing."""
        rule = read_rule(command.name, 1, command.body)
        with self.units() as uow:
            uow.definitions.lock()
            _check(rule, {indicator.name: indicator for indicator in uow.definitions.indicators()})
            before = uow.definitions.newest("rule", command.name)
            defined = put(uow.definitions, "rule", command, body=rule_body(rule), before=before)
            uow.commit()
        return defined


def _check(rule: Rule, indicators: dict[str, Indicator]) -> None:
    indicator = indicators.get(rule.indicator)
    if indicator is None:
        detail = f"there is no indicator {rule.indicator!r}; PUT /v1/indicators/{rule.indicator} first"
        raise invalid([FieldProblem("/indicator", detail)])
    condition, formula = rule.condition, indicator.formula.kind
    if isinstance(condition, Target) and condition.confidence is not None and formula not in COUNTED:
        detail = (
            f"asks for counts, and {indicator.name} is a {formula}; leave it out, or judge a {' or a '.join(COUNTED)}"
        )
        raise invalid([FieldProblem("/significantly", detail)])
    if (
        isinstance(condition, ChangeFromPrevious)
        and condition.against == "year_before"
        and indicator.window.cut not in YEARLY
    ):
        detail = f"{indicator.name} has windows without a like one year before; compare with the previous one"
        raise invalid([FieldProblem("/against", detail)])
    if isinstance(condition, MissingData) and isinstance(indicator.window, RollingWindow):
        detail = (
            f"{indicator.name} has rolling windows, which go on without readings; name an indicator with tumbling ones"
        )
        raise invalid([FieldProblem("/indicator", detail)])
    by = ", ".join(indicator.by) or "no dimension"
    wrong = [dimension for dimension in rule.subject if dimension not in indicator.by]
    if wrong:
        raise invalid([FieldProblem(f"/subject/{name}", f"{indicator.name} is computed by {by}") for name in wrong])
