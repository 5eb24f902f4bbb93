"""What a dry run is asked, and what it answers."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.false_alarms import expected_run_length, why_unknown
from services.analytics.domain.rule import Severity
from services.analytics.domain.trial import Found, a_month
from services.analytics.entrypoints.anomaly_schemas import EvidenceShape, from_evidence, from_window
from services.analytics.entrypoints.http_schemas import RuleFields, WindowShape
from services.analytics.use_cases.try_rule import Tried
from shared.web.pagination import encode_cursor

MOST_SHOWN = 1000
"""Anomalies on each side of an answer; counts and rates are of all of them."""

FoundBy = Literal["only_this", "both", "only_in_force"]


class TrialBody(RuleFields):
    """The definition to try, as for PUT; nothing for the rule in force."""

    indicator: str | None = None
    kind: str | None = None


class TrialAnomaly(BaseModel):
    """An anomaly that would have been raised, as it stands at the end of the history that was replayed."""

    subject: dict[str, str]
    state: str = Field(description="open or cleared")
    direction: str = Field(description="below or above")
    meaning: str = Field(description="deterioration or improvement, by the indicator's direction")
    severity: Severity
    opens_issue: bool = Field(description="whether the definition as it is would open an issue")
    reason: str
    reasons: dict[str, str] = Field(description="the same in each language: en, zh")
    values: list[EvidenceShape]
    windows_missed: int
    raised_window: WindowShape = Field(description="the window that completed the run")
    cleared_window: WindowShape | None
    found_by: FoundBy | None = Field(
        description="only_this, only_in_force, or both, where they share a window; null where nothing is compared"
    )


class TrialFalseAlarms(BaseModel):
    """What the rule raises though nothing is wrong, in theory."""

    windows_between: float | None = Field(
        description="at least so many judged windows pass on average until a process in order raises an anomaly; null if unknown"
    )
    a_month: float | None = Field(description="at most so many a month on the subjects of this answer; null if unknown")
    reason: str | None = Field(description="why it is not known")


class TrialDifference(BaseModel):
    """How many anomalies the two rules find. The same is what lies on one side and shares a window."""

    version_in_force: int | None = Field(description="null where nothing is compared")
    only_this: int | None
    both: int | None = Field(description="of this rule's, those that the rule in force finds too")
    only_in_force: int | None
    reason: str | None = Field(description="why nothing is compared")


class TrialShape(BaseModel):
    """What a rule would have raised on the subjects of this page. Counts and rates of several pages add up."""

    rule: str
    definition: dict[str, Any] = Field(description="completed with what was left out")
    indicator: str
    indicator_version: int
    span: WindowShape | None = Field(
        description="from the first to the last final window within `from` and `to`; null without one"
    )
    subjects: int = Field(description="how many the rule covers on this page")
    judged: int = Field(description="how many of their values within the span could be judged")
    anomalies: int
    anomalies_a_month: float | None
    issues_a_month: float | None = Field(
        description="deteriorations, as though the rule acted and opened issues; fewer where an earlier issue is still open"
    )
    expected_false_alarms: TrialFalseAlarms
    difference: TrialDifference
    items: list[TrialAnomaly] = Field(description=f"of this rule, by subject and time; at most {MOST_SHOWN}")
    only_in_force: list[TrialAnomaly] = Field(
        description=f"what the rule in force finds and this one does not; at most {MOST_SHOWN}"
    )
    left_out: int = Field(description="anomalies that are counted and not shown; narrow `from`, `to` or the subject")
    next: str | None = Field(description="cursor of the next subjects; null on the last page")


def from_trial(tried: Tried) -> TrialShape:
    """As shown over HTTP."""
    shown, missed = tried.found[:MOST_SHOWN], tried.missed[:MOST_SHOWN]
    worse = sum(found.anomaly.meaning == "deterioration" for found in tried.found)
    return TrialShape(
        rule=tried.rule.name,
        definition=dict(tried.body),
        indicator=tried.indicator.name,
        indicator_version=tried.indicator.version,
        span=None if tried.span is None else from_window(tried.span),
        subjects=tried.series,
        judged=tried.judged,
        anomalies=len(tried.found),
        anomalies_a_month=a_month(len(tried.found), tried.span),
        issues_a_month=a_month(worse, tried.span),
        expected_false_alarms=_false_alarms(tried),
        difference=_difference(tried),
        items=[_anomaly(one.anomaly, _found_by(one, tried)) for one in shown],
        only_in_force=[_anomaly(one, "only_in_force") for one in missed],
        left_out=len(tried.found) - len(shown) + len(tried.missed) - len(missed),
        next=None if tried.after is None else encode_cursor([tried.after.hex()]),
    )


def _false_alarms(tried: Tried) -> TrialFalseAlarms:
    between = expected_run_length(tried.rule)
    if between is None:
        return TrialFalseAlarms(windows_between=None, a_month=None, reason=why_unknown(tried.rule))
    return TrialFalseAlarms(windows_between=between, a_month=a_month(tried.judged / between, tried.span), reason=None)


def _difference(tried: Tried) -> TrialDifference:
    compared = tried.compared
    if compared.rule is None:
        return TrialDifference(
            version_in_force=None, only_this=None, both=None, only_in_force=None, reason=compared.why_not
        )
    both = sum(found.is_shared for found in tried.found)
    return TrialDifference(
        version_in_force=compared.rule.version,
        only_this=len(tried.found) - both,
        both=both,
        only_in_force=len(tried.missed),
        reason=None,
    )


def _found_by(found: Found, tried: Tried) -> FoundBy | None:
    if tried.compared.rule is None:
        return None
    return "both" if found.is_shared else "only_this"


def _anomaly(anomaly: Anomaly, found_by: FoundBy | None) -> TrialAnomaly:
    episode = anomaly.episode
    return TrialAnomaly(
        subject=dict(anomaly.subject),
        state=anomaly.state,
        direction=anomaly.direction,
        meaning=anomaly.meaning,
        severity=anomaly.severity,
        opens_issue=anomaly.opens_issue,
        reason=anomaly.reason,
        reasons=dict(anomaly.reasons),
        values=[from_evidence(seen) for seen in episode.evidence],
        windows_missed=episode.misses,
        raised_window=from_window(episode.raised),
        cleared_window=None if episode.cleared is None else from_window(episode.cleared),
        found_by=found_by,
    )
