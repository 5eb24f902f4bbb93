"""Look at issues."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.issues.domain.errors import UnknownIssue
from services.issues.domain.issue import HistoryLine, Issue
from services.issues.domain.routing import Routing
from services.issues.ports import IssueFilter, Readers


@dataclass(frozen=True, slots=True)
class QueryIssues:
    """Reads, and changes nothing."""

    readers: Readers

    def one(self, issue_id: str) -> tuple[Issue, Sequence[HistoryLine]]:
        """An issue with its history. Raises UnknownIssue."""
        with self.readers() as issues:
            issue = issues.get(issue_id)
            if issue is None:
                raise UnknownIssue(f"there is no issue {issue_id[:100]!r}")
            return issue, issues.history(issue_id)

    def page(self, wanted: IssueFilter, *, after: str | None, limit: int) -> Sequence[Issue]:
        """In order of their numbers."""
        with self.readers() as issues:
            return issues.find(wanted, after=after, limit=limit)

    def routing(self) -> Routing:
        """The routing table in force."""
        with self.readers() as issues:
            return issues.routing()
