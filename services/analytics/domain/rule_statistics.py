"""How a rule has proved itself: what became of its anomalies, and what people made of the issues that they came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Verdict = Literal["undecided", "confirmed", "rejected_as_false", "data_error"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

_DETECTED, _CLASSIFIED, _REJECTED = "issue.detected", "issue.classified", "issue.rejected"
_NOT_THE_RULE = "data_error"


def verdict_of(change: str, reason_code: str | None) -> Verdict | None:
    """What a change of an issue says about the rules whose anomalies it rests on; None for nothing new.

    Whoever classifies an issue takes it for real. Whoever rejects one says that there was nothing to see, unless the data were
    wrong: that is not the rule's fault.
    """
    if change == _DETECTED:
        return "undecided"
    if change == _CLASSIFIED:
        return "confirmed"
    if change == _REJECTED:
        return "data_error" if reason_code == _NOT_THE_RULE else "rejected_as_false"
    return None


@dataclass(frozen=True, slots=True)
class RuleStatistics:
    """Of one rule, whatever its version.

    Attributes:
        anomalies: state → how many.
        issues: verdict → how many issues hold an anomaly of the rule.
    """

    anomalies: Mapping[str, int]
    issues: Mapping[Verdict, int]

    @property
    def raised(self) -> int:
        return sum(self.anomalies.values())

    @property
    def issue_count(self) -> int:
        return sum(self.issues.values())

    @property
    def false_alarm_share(self) -> float | None:
        """Of the issues that people have judged, how many were rejected as false; None before the first."""
        false, true = self.issues.get("rejected_as_false", 0), self.issues.get("confirmed", 0)
        return false / (false + true) if false + true else None


NOTHING_YET = RuleStatistics({}, {})
