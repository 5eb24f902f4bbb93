"""The rules that follow from an active goal set: one per goal, over the windows that begin inside its period."""

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from services.analytics.domain.catalogue import Definition
from services.analytics.domain.finding import Comparator
from services.analytics.domain.rule import GOAL_PREFIX, Rule, Severity
from services.analytics.domain.rules.target import Target
from shared.calendars.windows import Window


def goal_set_body(targets: list[dict[str, Any]], period: Window) -> dict[str, Any]:
    """What is stored of an active set; a set in any other state is stored without targets.

    Args:
        targets: each with goal_id, name, indicator, subject, comparator, target, for_windows, severity.
    """
    return {"period": {"start": period.start.isoformat(), "end": period.end.isoformat()}, "targets": targets}


def rules_of_goal_set(definition: Definition) -> list[Rule]:
    """The rules of a set as `goal_set_body` wrote it. They open issues: a goal that is missed gets an owner."""
    span = definition.body["period"]
    period = Window(datetime.fromisoformat(span["start"]), datetime.fromisoformat(span["end"]))
    return [_rule(target, definition.version, period) for target in definition.body["targets"]]


def _rule(target: dict[str, Any], version: int, period: Window) -> Rule:
    return Rule(
        name=f"{GOAL_PREFIX}{target['goal_id']}",
        version=version,
        indicator=target["indicator"],
        condition=Target(cast("Comparator", target["comparator"]), Decimal(str(target["target"]))),
        for_windows=target["for_windows"],
        severity=cast("Severity", target["severity"]),
        opens_issue=True,
        subject=target["subject"],
        title={"en": target["name"]},
        period=period,
        goal_id=target["goal_id"],
    )
