"""Look at issues."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.issues.domain.errors import UnknownIssue
from services.issues.domain.goal import Goal
from services.issues.domain.issue import HistoryLine, Issue
from services.issues.domain.routing import Routing
from services.issues.ports import IssueFilter, Readers


@dataclass(frozen=True, slots=True)
class WholeIssue:
    """An issue with its history, oldest first, and what is known of the goals it is linked to."""

    issue: Issue
    history: Sequence[HistoryLine]
    goals: Sequence[Goal]


@dataclass(frozen=True, slots=True)
class QueryIssues:
    """Reads, and changes nothing."""

    readers: Readers

    def one(self, name: str) -> WholeIssue:
        """An issue by its id or number. Raises UnknownIssue."""
        with self.readers() as issues:
            issue = issues.get(name)
            if issue is None:
                raise UnknownIssue(f"there is no issue {name[:100]!r}")
            linked = [link.id for link in issue.links if link.kind == "goal"]
            return WholeIssue(issue, issues.history(issue.id), issues.goals(linked))

    def page(self, wanted: IssueFilter, *, after: int, limit: int) -> Sequence[Issue]:
        """In order of their numbers."""
        with self.readers() as issues:
            return issues.find(wanted, after=after, limit=limit)

    def routing(self) -> Routing:
        """The routing table in force."""
        with self.readers() as issues:
            return issues.routing()
