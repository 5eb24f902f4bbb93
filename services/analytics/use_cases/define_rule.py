"""Put a rule in force. What is stored already is judged by it too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.analytics.domain.catalogue import Definition
from services.analytics.domain.errors import invalid
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_fit import misfits
from services.analytics.domain.rule_form import read_rule, rule_body
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
            check_rule(rule, {indicator.name: indicator for indicator in uow.definitions.indicators()})
            before = uow.definitions.newest("rule", command.name)
            defined = put(uow.definitions, "rule", command, body=rule_body(rule), before=before)
            uow.commit()
        return defined


def check_rule(rule: Rule, indicators: Mapping[str, Indicator]) -> None:
    """Whether a rule can be judged by the indicators there are. Raises InvalidDefinition."""
    indicator = indicators.get(rule.indicator)
    if indicator is None:
        detail = f"there is no indicator {rule.indicator!r}; PUT /v1/indicators/{rule.indicator} first"
        raise invalid([FieldProblem("/indicator", detail)])
    problems = misfits(rule, indicator)
    if problems:
        raise invalid(problems)
    by = ", ".join(indicator.by) or "no dimension"
    wrong = [dimension for dimension in rule.subject if dimension not in indicator.by]
    if wrong:
        raise invalid([FieldProblem(f"/subject/{name}", f"{indicator.name} is computed by {by}") for name in wrong])
