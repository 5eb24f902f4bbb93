"""Followed issues, and what became of the anomalies of rules, on SQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import delete, func, select

from services.analytics.adapters.evaluate_tables import ANOMALIES
from services.analytics.adapters.statistics_tables import FOLLOWED_ISSUES, ISSUE_ANOMALIES
from services.analytics.domain.rule_statistics import RuleStatistics, Verdict
from services.analytics.ports.following import FollowedIssue
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioning import insert_missing, upsert


class SqlStatisticsReader:
    """`services.analytics.ports.following.StatisticsReader`."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    def of_rules(self, names: Sequence[str] | None) -> Mapping[str, RuleStatistics]:
        anomalies: defaultdict[str, dict[str, int]] = defaultdict(dict)
        columns = ANOMALIES.c
        by_state = select(columns.rule, columns.state, func.count().label("held")).group_by(columns.rule, columns.state)
        for row in self._connection.execute(by_state if names is None else by_state.where(columns.rule.in_(names))):
            anomalies[row.rule][row.state] = int(row.held)
        issues = self._issues(names)
        return {rule: RuleStatistics(found, issues.get(rule, {})) for rule, found in anomalies.items()}

    def _issues(self, names: Sequence[str] | None) -> Mapping[str, dict[Verdict, int]]:
        held, issue = ISSUE_ANOMALIES.c, FOLLOWED_ISSUES.c
        by_verdict = (
            select(held.rule, issue.verdict, func.count(held.issue_id.distinct()).label("held"))
            .join_from(ISSUE_ANOMALIES, FOLLOWED_ISSUES, held.issue_id == issue.issue_id)
            .group_by(held.rule, issue.verdict)
        )
        found: defaultdict[str, dict[Verdict, int]] = defaultdict(dict)
        for row in self._connection.execute(by_verdict if names is None else by_verdict.where(held.rule.in_(names))):
            found[row.rule][cast("Verdict", row.verdict)] = int(row.held)
        return found


class SqlFollowedIssues:
    """`services.analytics.ports.following.FollowedIssues`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def lock(self) -> None:
        self._connection.lock("analytics followed issues")

    def get(self, issue_id: str) -> FollowedIssue | None:
        statement = select(FOLLOWED_ISSUES).where(FOLLOWED_ISSUES.c.issue_id == issue_id)
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else FollowedIssue(row.issue_id, cast("Verdict", row.verdict), row.merged_into)

    def save(self, issue: FollowedIssue) -> None:
        row = {"issue_id": issue.id, "verdict": issue.verdict, "merged_into": issue.merged_into}
        upsert(self._connection, FOLLOWED_ISSUES, [row])

    def add_anomaly(self, issue_id: str, *, anomaly_id: str, rule: str) -> None:
        row = {"issue_id": issue_id, "anomaly_id": anomaly_id, "rule": rule}
        insert_missing(self._connection, ISSUE_ANOMALIES, [row])

    def move_anomalies(self, from_issue: str, to_issue: str) -> None:
        of_issue = ISSUE_ANOMALIES.c.issue_id == from_issue
        rows = self._connection.execute(select(ISSUE_ANOMALIES).where(of_issue)).all()
        moved = [{"issue_id": to_issue, "anomaly_id": row.anomaly_id, "rule": row.rule} for row in rows]
        insert_missing(self._connection, ISSUE_ANOMALIES, moved)
        self._connection.change(delete(ISSUE_ANOMALIES).where(of_issue))
