"""Anomalies on SQL: the anomaly whole as a document, and the columns it is searched by."""

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import FromClause, Select, bindparam, or_, select

from services.analytics.adapters.bulk import wanted, wanted_frame
from services.analytics.adapters.evaluate_tables import ANOMALIES
from services.analytics.domain.anomaly import Anomaly
from services.analytics.ports.evaluating import Scope
from shared.database.engine import WriteConnection
from shared.database.versioning import upsert

_COLUMNS = ANOMALIES.c
# Written once, as the next: to write one takes longer than to run it, and each part of a history asks.
_OPEN = select(_COLUMNS.snapshot).where(
    _COLUMNS.indicator == bindparam("of_indicator"),
    _COLUMNS.partition == bindparam("of_partition"),
    _COLUMNS.state == "open",
)
_OPEN_OF_OTHER_VERSIONS = _OPEN.where(_COLUMNS.indicator_version != bindparam("of_version"))
_OPEN_OF_RULE = _OPEN.where(
    _COLUMNS.indicator_version == bindparam("of_version"), _COLUMNS.rule == bindparam("of_rule")
)


@functools.cache
def _standing(keys: FromClause, *, has_since: bool) -> Select[Any]:
    statement = (
        select(_COLUMNS.snapshot)
        .join_from(keys, ANOMALIES, _COLUMNS.series == keys.c.series)
        .where(_COLUMNS.state != "withdrawn")
        .order_by(_COLUMNS.first_start, _COLUMNS.id)
    )
    is_of_interest = or_(_COLUMNS.state == "open", _COLUMNS.cleared_start >= bindparam("since"))
    return statement.where(is_of_interest) if has_since else statement


class SqlAnomalyStore:
    """`services.analytics.ports.evaluating.AnomalyStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def standing(self, series: Sequence[bytes], since: datetime | None) -> Mapping[bytes, Sequence[Anomaly]]:
        if not series:
            return {}
        keys = wanted(self._connection, wanted_frame(series, [None] * len(series)))
        statement = _standing(keys.clause, has_since=since is not None)
        parameters = keys.parameters if since is None else {**keys.parameters, "since": since}
        found: dict[bytes, list[Anomaly]] = {}
        for snapshot in self._connection.execute(statement, parameters).scalars():
            anomaly = to_anomaly(snapshot)
            found.setdefault(anomaly.key.series, []).append(anomaly)
        return found

    def open_of_other_versions(self, scope: Scope) -> Sequence[Anomaly]:
        return self._found(_OPEN_OF_OTHER_VERSIONS, scope, {})

    def open_of_rule(self, scope: Scope, rule: str) -> Sequence[Anomaly]:
        return self._found(_OPEN_OF_RULE, scope, {"of_rule": rule})

    def _found(self, statement: Select[Any], scope: Scope, parameters: Mapping[str, Any]) -> list[Anomaly]:
        of_scope = {
            "of_partition": scope.partition,
            "of_indicator": scope.indicator.name,
            "of_version": scope.indicator.version,
        }
        found = self._connection.execute(statement, {**of_scope, **parameters})
        return [to_anomaly(snapshot) for snapshot in found.scalars()]

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
