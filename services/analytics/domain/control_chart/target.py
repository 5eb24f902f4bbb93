"""The target that a chart is read against, and whether the process will keep meeting it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from services.analytics.domain.control_chart.chart import ControlChart
from services.analytics.domain.rule import TargetRule
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

    rule: TargetRule
    verdict: Verdict
    standing: Standing
    stable: bool


def target_of(rules: Sequence[TargetRule], chart: ControlChart, subject: Mapping[str, str]) -> Target | None:
    """The target in force at the newest window.

    Of several a goal's comes first, then the rule that names most of the subject, then the first by name.
    """
    covering = [rule for rule in rules if rule.covers(subject) and _in_force(rule, chart)]
    if not covering:
        return None
    rule = min(covering, key=lambda one: (one.goal_id is None, -len(one.subject), one.name))
    drawn = chart.newest.drawn
    if drawn is None:
        return Target(rule, "unknown", "waiting", stable=True)
    newest = cast("DrawnPhase[Counts]", drawn)  # assurance reads limits alone, whatever they were made of
    found = assurance(newest, comparator=rule.comparator, target=float(rule.target))
    return Target(rule, found.verdict, found.standing, found.stable)


def _in_force(rule: TargetRule, chart: ControlChart) -> bool:
    return rule.period is None or (bool(chart.points) and rule.covers_window(chart.points[-1].value))
