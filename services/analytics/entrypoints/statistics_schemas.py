"""How rules have proved themselves, as shown over HTTP."""

from pydantic import BaseModel, Field

from services.analytics.entrypoints.http_schemas import RuleShape, from_rule
from services.analytics.use_cases.query_rules import Proved, ShownRule


class AnomalyCounts(BaseModel):
    """What became of a rule's anomalies, whatever version of it raised them."""

    raised: int = Field(description="all of them: open, cleared and withdrawn")
    open: int
    cleared: int
    withdrawn: int = Field(description="undone by data that were restated")


class IssueCounts(BaseModel):
    """What people made of the issues that hold an anomaly of the rule."""

    total: int
    undecided: int = Field(description="nobody has classified or rejected them")
    confirmed: int = Field(description="classified as a correction or as corrective action")
    rejected_as_false: int = Field(description="rejected as a false signal, or as no requirement")
    data_error: int = Field(description="rejected because the data were wrong, which is not the rule's fault")


class StatisticsShape(BaseModel):
    """How a rule has proved itself."""

    anomalies: AnomalyCounts
    issues: IssueCounts
    issues_a_month: float | None = Field(
        description="over the time in which the indicator has final values; null without one"
    )
    false_alarm_share: float | None = Field(
        description="rejected as false, of those confirmed or rejected as false; null before the first"
    )


class ShownRuleShape(RuleShape):
    """A rule in force, and how it has proved itself."""

    statistics: StatisticsShape


def from_shown_rule(shown: ShownRule) -> ShownRuleShape:
    return ShownRuleShape.model_validate(
        {**from_rule(shown.definition).model_dump(exclude_unset=True), "statistics": from_proved(shown.proved)}
    )


def from_proved(proved: Proved) -> StatisticsShape:
    """As shown over HTTP."""
    found = proved.statistics
    anomalies = {state: found.anomalies.get(state, 0) for state in ("open", "cleared", "withdrawn")}
    return StatisticsShape(
        anomalies=AnomalyCounts(raised=found.raised, **anomalies),
        issues=IssueCounts(
            total=found.issue_count,
            undecided=found.issues.get("undecided", 0),
            confirmed=found.issues.get("confirmed", 0),
            rejected_as_false=found.issues.get("rejected_as_false", 0),
            data_error=found.issues.get("data_error", 0),
        ),
        issues_a_month=proved.issues_a_month,
        false_alarm_share=found.false_alarm_share,
    )
