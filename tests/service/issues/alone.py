"""Issues by itself on a log in memory: what other services publish, its HTTP interface, and what it publishes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from services.issues.bootstrap import IssuesSettings, build
from shared.events.anomalies import AnomalySnapshot, EvidenceValue
from shared.events.issue_changes import IssueChanged
from shared.events.kpi_values import WindowSpan
from shared.events.topics import ANOMALIES, ISSUE_CHANGES
from tests.support.service_alone import START, ServiceAlone, answered

__all__ = ["START", "Alone", "alone", "snapshot"]

MANAGER = "Li Wei; quality_manager"
SECOND_MANAGER = "Zhao Min; quality_manager"
OWNER = "Chen Jie; department_liaison"
WORKER = "Wu Gang; action_owner"
STATISTICIAN = "Sun Na; statistician"
VIEWER = "He Yan; viewer"


class Alone(ServiceAlone):
    """Issues, its log and its clock. Whoever is not named is the manager."""

    def send(
        self, method: str, path: str, body: Any = None, *, actor: str = MANAGER, version: int | None = None
    ) -> httpx.Response:
        return self.request(method, path, body, actor=actor, version=version)

    def post(self, path: str, body: Any = None, *, expect: int = 200, **caller: Any) -> dict[str, Any]:
        return answered(self.send("POST", path, {} if body is None else body, **caller), expect)

    def get(self, path: str, expect: int = 200, actor: str = MANAGER) -> dict[str, Any]:
        return answered(self.send("GET", path, actor=actor), expect)

    def issues(self, query: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"issues?{query}")["items"]
        return items

    def anomaly(self, name: str = "anomaly-1", kind: str = "raised", *, repeat: int = 1, **changed: Any) -> None:
        """An anomaly's change, as analytics publishes it."""
        data = snapshot(name, **changed)
        key = f'{data.indicator}|{{"line":"{data.subject["line"]}"}}'
        self.publish(ANOMALIES, f"andon.anomaly.{kind}.v1", data, key=key, producer="analytics", repeat=repeat)

    def published(self, issue_id: str | None = None) -> list[IssueChanged]:
        """Everything on `issue-changes`, about one issue or all, in order per issue."""
        self.settle()
        found = self.events(ISSUE_CHANGES, IssueChanged)
        assert all(kind == f"andon.{change.change}.v1" for kind, change in found)
        return [change for _, change in found if issue_id in (None, change.issue_id)]


@contextmanager
def alone(folder: Path) -> Iterator[Alone]:
    """Issues on SQLite in `folder`, its clock standing at START."""
    with Alone.running(lambda platform: build(IssuesSettings.read(), platform), folder) as running:
        yield running


def snapshot(name: str = "anomaly-1", *, weeks_ago: int = 1, line: str = "A", **changed: Any) -> AnomalySnapshot:
    """An anomaly of the yield of one line; `weeks_ago` its newest week ended."""
    end = START - timedelta(hours=9) - timedelta(weeks=weeks_ago - 1)
    value = EvidenceValue(
        window=WindowSpan(start=end - timedelta(weeks=1), end=end),
        value=0.94,
        numerator=94.0,
        denominator=100.0,
        sample_size=5,
        revision=1,
    )
    facts: dict[str, Any] = {
        "rule": "yield-below-95",
        "rule_version": 1,
        "rule_kind": "target",
        "indicator": "first-pass-yield",
        "indicator_version": 1,
        "indicator_direction": "higher_is_better",
        "indicator_title": {"en": "First-pass yield", "zh": "一次交验合格率"},
        "state": "open",
        "direction": "below",
        "severity": "moderate",
        "opens_issue": True,
        "reason": "below 0.95 two weeks running",
        "comparator": ">=",
        "target": 0.95,
        "values": [value],
        "raised_at": START,
    }
    return AnomalySnapshot(anomaly_id=name, subject={"line": line}, **{**facts, **changed})
