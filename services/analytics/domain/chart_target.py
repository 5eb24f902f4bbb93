"""The target that a chart is read against, and whether the process will keep meeting it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from services.analytics.domain.control_chart.chart import ControlChart
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.target import Target as TargetCondition
from services.analytics.domain.spc.assurance import Verdict, assurance
from services.analytics.domain.spc.phases import DrawnPhase, Standing
from services.analytics.domain.spc.samples import Counts


@dataclass(frozen=True, slots=True)
class Target:
    """A rule's target with its assurance.

    Attributes:
        verdict: of the newest phase's limits, at the newest judged point.
        standing: of those limits; while learning they are wide and the verdict leans to hit-or-miss.
        stable: False where points of the newest phase lie beyond its limits: then the limits promise little.
    """

    rule: Rule
    condition: TargetCondition
    verdict: Verdict
    standing: Standing
    stable: bool


def target_of(rules: Sequence[Rule], chart: ControlChart, subject: Mapping[str, str]) -> Target | None:
    """The target in force at the newest window.

    Of several a goal's comes first, then the rule that names most of the subject, then the first by name.
    """
    covering = [
        (rule, rule.condition)
        for rule in rules
        if isinstance(rule.condition, TargetCondition) and rule.covers(subject) and _in_force(rule, chart)
    ]
    if not covering:
        return None
    rule, condition = min(covering, key=lambda one: (one[0].goal_id is None, -len(one[0].subject), one[0].name))
    drawn = chart.newest.drawn
    if drawn is None:
        return Target(rule, condition, "unknown", "waiting", stable=True)
    newest = cast("DrawnPhase[Counts]", drawn)  # assurance reads limits alone, whatever they were made of
    found = assurance(newest, comparator=condition.comparator, target=float(condition.target))
    return Target(rule, condition, found.verdict, found.standing, found.stable)


def _in_force(rule: Rule, chart: ControlChart) -> bool:
    return rule.period is None or (bool(chart.points) and rule.covers_window(chart.points[-1].value))
