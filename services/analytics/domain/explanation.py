"""Where one KPI value comes from: the formula with its numbers, the panes, what closed the window, and what each rule says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.episode import finding_at
from services.analytics.domain.expression import show
from services.analytics.domain.finding import LANGUAGES, Finding, Language, Scene
from services.analytics.domain.formula_text import computation
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, subject_values
from services.analytics.domain.rule import Rule
from services.analytics.domain.value_frame import Panes
from services.analytics.domain.watermark import Reached, Waiting, WaitingFor
from shared.calendars.windows import Window


class Verdict(StrEnum):
    """What a rule says of one value."""

    FOUND = "found"
    IN_ORDER = "in-order"
    LEFT_OUT = "left-out"


class LeftOut(StrEnum):
    """Why a rule says nothing of a value."""

    OTHER_SUBJECT = "other-subject"
    OUTSIDE_PERIOD = "outside-period"
    PROVISIONAL = "provisional"
    INSUFFICIENT = "insufficient"
    CANNOT_JUDGE = "cannot-judge"
    """The rule asks for more than there is: a larger sample, an earlier window, whole counts."""


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What one rule says of one value.

    Attributes:
        because: why it is left out; None where it is not.
        finding: None where it is left out.
        anomalies: those of the rule that rest on the value, withdrawn ones left out.
    """

    rule: Rule
    verdict: Verdict
    because: LeftOut | None = None
    finding: Finding | None = None
    anomalies: Sequence[Anomaly] = ()


@dataclass(frozen=True, slots=True)
class PaneFacts:
    """One pane that was added; what its indicator's formula does not use is None. Times are UTC."""

    start: datetime
    end: datetime
    readings: int
    numerator: float | None
    denominator: float | None
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class PartValue:
    """What a derived value is computed from: one part's value of the same subject and window; None where there is none yet."""

    indicator: Indicator
    value: KpiValue | None


@dataclass(frozen=True, slots=True)
class Closing:
    """What makes the window final.

    Attributes:
        at: the watermark that it takes, UTC: the window's end plus `allowed_lateness`.
        watermark: how far the sources have come by now; None before the first reading or while one has yet to come.
        held_by: the source that is least far.
        waits_for: why there is no watermark.
    """

    at: datetime
    watermark: datetime | None
    held_by: str | None
    waits_for: WaitingFor | None


def closing(value: KpiValue, indicator: Indicator, progress: Reached | Waiting) -> Closing:
    at = value.window.end + indicator.allowed_lateness
    if isinstance(progress, Waiting):
        return Closing(at, None, progress.source, progress.reason)
    return Closing(at, progress.until, progress.held_by, None)


def rule_verdict(
    rule: Rule, window: Window, values: Sequence[KpiValue], *, anomalies: Sequence[Anomaly], scene: Scene
) -> RuleVerdict:
    """What a rule says of one window's value.

    Args:
        values: what the rule judges of one subject in order, the value among them, which alone may be provisional; without it the
            rule cannot judge the window.
        anomalies: those of the subject.
    """
    value = next((one for one in values if one.window == window), None)
    if value is None:
        return RuleVerdict(rule, Verdict.LEFT_OUT, LeftOut.CANNOT_JUDGE)
    because = _left_out(rule, value)
    finding = None if because is not None else finding_at(window, rule, values, scene=scene)
    if finding is None:
        return RuleVerdict(rule, Verdict.LEFT_OUT, because or LeftOut.CANNOT_JUDGE)
    is_found = finding.side is not None and finding.size >= rule.minimum_effect
    resting = [one for one in anomalies if one.rule == rule.name and _rests_on(one, value)]
    return RuleVerdict(rule, Verdict.FOUND if is_found else Verdict.IN_ORDER, finding=finding, anomalies=resting)


def _left_out(rule: Rule, value: KpiValue) -> LeftOut | None:
    if not rule.covers(subject_values(value.key.subject)):
        return LeftOut.OTHER_SUBJECT
    if not rule.covers_window(value):
        return LeftOut.OUTSIDE_PERIOD
    if value.status == "provisional":
        return LeftOut.PROVISIONAL
    return None if value.is_judged else LeftOut.INSUFFICIENT


def _rests_on(anomaly: Anomaly, value: KpiValue) -> bool:
    return any(seen.window == value.window for seen in anomaly.episode.evidence)


def pane_facts(panes: Panes, indicator: Indicator) -> list[PaneFacts]:
    """In order of their starts; those without readings are left out."""
    is_ratio, is_counted = indicator.formula.kind == "ratio", indicator.formula.kind == "count"
    columns = ("pane_start", "pane_end", "count", "numerator", "denominator", "minimum", "maximum")
    rows = zip(*(panes[name].to_list() for name in columns), strict=True)
    return [
        PaneFacts(
            start=start,
            end=end,
            readings=count,
            numerator=None if is_counted else numerator,
            denominator=denominator if is_ratio else None,
            minimum=minimum,
            maximum=maximum,
        )
        for start, end, count, numerator, denominator, minimum, maximum in sorted(rows)
        if count
    ]


def filled_in(indicator: Indicator, value: KpiValue, parts: Sequence[PartValue] = ()) -> dict[str, str]:
    """Language → the formula with the value's numbers: `943 ÷ 1000 = 0.943`."""
    return {language: _filled_in(indicator, value, parts, language=language) for language in LANGUAGES}


def _filled_in(indicator: Indicator, value: KpiValue, parts: Sequence[PartValue], *, language: Language) -> str:
    result = _no_value(language) if value.value is None else _number(value.value)
    if indicator.formula.expression is not None:
        numbers = {part.indicator.name: _number(None if part.value is None else part.value.value) for part in parts}
        return f"{show(indicator.formula.expression, numbers.__getitem__)} = {result}"
    if indicator.formula.kind in ("ratio", "mean"):
        return f"{_number(value.numerator)} ÷ {_number(value.denominator)} = {result}"
    of = f"{value.sample_size} readings" if language == "en" else f"{value.sample_size} 个读数"
    text = computation(indicator.formula, language)
    return f"{text} ({of}) = {result}" if language == "en" else f"{text}（{of}）= {result}"


def _no_value(language: Language) -> str:
    return "no value" if language == "en" else "无值"


def _number(number: float | None) -> str:
    return "?" if number is None else f"{number:.15g}"
