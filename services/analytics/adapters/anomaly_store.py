"""Anomalies on SQL: the anomaly whole as a document, and the columns it is searched by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, or_, select

from services.analytics.adapters.bulk import wanted, wanted_frame
from services.analytics.adapters.evaluate_tables import ANOMALIES
from services.analytics.domain.anomaly import Anomaly
from services.analytics.ports.evaluating import Scope
from shared.database.engine import WriteConnection
from shared.database.versioning import upsert


class SqlAnomalyStore:
    """`services.analytics.ports.evaluating.AnomalyStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def standing(self, series: Sequence[bytes], since: datetime | None) -> Mapping[bytes, Sequence[Anomaly]]:
        if not series:
            return {}
        keys = wanted(self._connection, wanted_frame(series, [None] * len(series)))
        columns = ANOMALIES.c
        statement = (
            select(columns.snapshot)
            .join_from(keys.clause, ANOMALIES, columns.series == keys.series)
            .where(columns.state != "withdrawn")
            .order_by(columns.first_start, columns.id)
        )
        if since is not None:
            statement = statement.where(or_(columns.state == "open", columns.cleared_start >= since))
        found: dict[bytes, list[Anomaly]] = {}
        for snapshot in self._connection.execute(statement, keys.parameters).scalars():
            anomaly = to_anomaly(snapshot)
            found.setdefault(anomaly.key.series, []).append(anomaly)
        return found

    def open_of_other_versions(self, scope: Scope) -> Sequence[Anomaly]:
        return self._open(scope, ANOMALIES.c.indicator_version != scope.indicator.version)

    def open_of_rule(self, scope: Scope, rule: str) -> Sequence[Anomaly]:
        columns = ANOMALIES.c
        return self._open(scope, (columns.indicator_version == scope.indicator.version) & (columns.rule == rule))

    def _open(self, scope: Scope, condition: ColumnElement[bool]) -> list[Anomaly]:
        columns = ANOMALIES.c
        statement = select(columns.snapshot).where(
            columns.indicator == scope.indicator.name,
            columns.partition == scope.partition,
            columns.state == "open",
            condition,
        )
        return [to_anomaly(snapshot) for snapshot in self._connection.execute(statement).scalars()]

    def save(self, anomalies: Sequence[Anomaly]) -> None:
        newest = {anomaly.id: _row(anomaly) for anomaly in anomalies}
        upsert(self._connection, ANOMALIES, list(newest.values()))


def to_anomaly(snapshot: Any) -> Anomaly:
    """From the document that `_row` wrote."""
    return msgspec.convert(snapshot, Anomaly)


def _row(anomaly: Anomaly) -> dict[str, Any]:
    cleared = anomaly.episode.cleared
    return {
        "id": anomaly.id,
        "series": anomaly.key.series,
        "partition": anomaly.key.partition,
        "rule": anomaly.rule,
        "rule_version": anomaly.rule_version,
        "indicator": anomaly.key.indicator,
        "indicator_version": anomaly.key.indicator_version,
        "subject": anomaly.key.subject,
        "state": anomaly.state,
        "first_start": anomaly.episode.first,
        "cleared_start": None if cleared is None else cleared.start,
        "snapshot": msgspec.to_builtins(anomaly),
    }
