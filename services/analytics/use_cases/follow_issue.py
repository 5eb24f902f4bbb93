"""Note what people make of issues, for the statistics of the rules behind them.

The changes of one issue come in order; those of two issues that are merged come in any order, so an issue that was merged is
remembered with its target, and what is heard of it later goes there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.analytics.domain.rule_statistics import Verdict
from services.analytics.ports.following import FollowedIssue, FollowedIssues, FollowUnitOfWork
from shared.runtime.failpoints import fail_point
from shared.runtime.progress import Delivery, PassedOver, Progress


@dataclass(frozen=True, slots=True)
class FollowIssue:
    """What one change of an issue says about rules.

    Attributes:
        verdict: None where it says nothing new.
        anomaly_id, rule: an anomaly that the issue now holds, and the rule that raised it; None for none.
        merged_from: an issue whose anomalies it has taken over; None for none.
    """

    issue_id: str
    verdict: Verdict | None
    anomaly_id: str | None
    rule: str | None
    merged_from: str | None
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class FollowIssues:
    """Applies a batch of changes of issues in one transaction."""

    units: Callable[[], FollowUnitOfWork]
    consumer: str

    def __call__(self, commands: Sequence[FollowIssue | PassedOver], progress: Sequence[Progress]) -> None:
        """All or nothing. A change that was followed before changes nothing.

        Raises:
            LostPartition, DeliveryGap, DatabaseUnavailable: nothing may be believed but the database.
        """
        with self.units() as uow:
            for position in progress:
                uow.advance(position)
            uow.issues.lock()
            for command in commands:
                accepted = command.delivery is None or uow.accept(self.consumer, command.delivery)
                if accepted and isinstance(command, FollowIssue):
                    _follow(uow.issues, command)
            fail_point("verdicts-written")
            uow.commit()
        fail_point("verdicts-committed")


def _follow(issues: FollowedIssues, command: FollowIssue) -> None:
    known = issues.get(command.issue_id) or FollowedIssue(command.issue_id)
    issues.save(known if command.verdict is None else replace(known, verdict=command.verdict))
    if command.anomaly_id is not None and command.rule is not None:
        holder = _last_target(issues, command.issue_id)
        issues.add_anomaly(holder, anomaly_id=command.anomaly_id, rule=command.rule)
    if command.merged_from is not None:
        merged = issues.get(command.merged_from) or FollowedIssue(command.merged_from)
        issues.save(replace(merged, merged_into=command.issue_id))
        issues.move_anomalies(command.merged_from, _last_target(issues, command.issue_id))


def _last_target(issues: FollowedIssues, issue_id: str) -> str:
    """The issue that holds the anomalies now; an issue is merged into one that is open, so targets end."""
    found = issues.get(issue_id)
    while found is not None and found.merged_into is not None:
        issue_id = found.merged_into
        found = issues.get(issue_id)
    return issue_id
