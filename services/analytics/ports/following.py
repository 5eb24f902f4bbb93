"""What following issues needs of its database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.analytics.domain.rule_statistics import RuleStatistics, Verdict
from shared.runtime.transaction import ConsumingTransaction


@dataclass(frozen=True, slots=True)
class FollowedIssue:
    """An issue as far as rules are concerned.

    Attributes:
        merged_into: the issue that has taken over its anomalies.
    """

    id: str
    verdict: Verdict = "undecided"
    merged_into: str | None = None


class FollowedIssues(Protocol):
    """Issues and the anomalies that they hold, inside a write transaction."""

    def lock(self) -> None:
        """Let no other transaction follow issues until this one ends; blocks until it may go on."""
        ...

    def get(self, issue_id: str) -> FollowedIssue | None: ...

    def save(self, issue: FollowedIssue) -> None:
        """Insert or overwrite."""
        ...

    def add_anomaly(self, issue_id: str, *, anomaly_id: str, rule: str) -> None:
        """Repeating it changes nothing."""
        ...

    def move_anomalies(self, from_issue: str, to_issue: str) -> None:
        """Those that the other issue holds already are held once."""
        ...


class FollowUnitOfWork(ConsumingTransaction, Protocol):
    """One transaction that follows issues; entered with `with`, kept only if `commit` is called."""

    issues: FollowedIssues


class StatisticsReader(Protocol):
    """Reads what became of the anomalies of rules, as of the reader's transaction."""

    def of_rules(self, names: Sequence[str] | None) -> Mapping[str, RuleStatistics]:
        """Rule → its statistics; rules that never raised an anomaly are left out. Counts every anomaly of the rules.

        Args:
            names: None for all rules, those that follow from goals included.
        """
        ...
