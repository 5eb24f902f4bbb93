"""What rules remember of series on SQL, in bulk."""

import functools
from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import FromClause, Select, bindparam, delete, select

from services.analytics.adapters.bulk import read_frame, upsert_frame, wanted, wanted_frame
from services.analytics.adapters.evaluate_tables import RULE_CHECKPOINTS
from services.analytics.domain.checkpoint import Checkpoint
from shared.database.engine import WriteConnection

_MOMENT = pl.Datetime("us", "UTC")
_STORED = pl.Schema(
    {
        "series": pl.Binary(),
        "rule": pl.String(),
        "rule_version": pl.Int64(),
        "form": pl.Int64(),
        "slot": pl.Int64(),
        "taken": pl.Int64(),
        "until": _MOMENT,
        "judges_after": _MOMENT,
        "memory": pl.Binary(),
    }
)


@functools.cache
def _of_series(keys: FromClause) -> Select[Any]:
    """Written once: each judging of rules with a memory asks."""
    columns = RULE_CHECKPOINTS.c
    of_these = (columns.series == keys.c.series) & columns.slot.in_(bindparam("of_slots", expanding=True))
    return select(*(columns[name] for name in _STORED.names())).join_from(keys, RULE_CHECKPOINTS, of_these)


class SqlCheckpointStore:
    """`services.analytics.ports.evaluating.CheckpointStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def of_series(self, series: Sequence[bytes], slots: Sequence[int]) -> Sequence[Checkpoint]:
        if not series:
            return []
        keys = wanted(self._connection, wanted_frame(series, [None] * len(series)))
        parameters = {**keys.parameters, "of_slots": slots}
        found = read_frame(self._connection, _of_series(keys.clause), _STORED, parameters=parameters)
        columns_read = zip(*(found[name].to_list() for name in _STORED.names()), strict=True)
        return [Checkpoint(*row) for row in columns_read]

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        if not checkpoints:
            return
        newest = {(one.series, one.rule, one.slot): one for one in checkpoints}
        rows = [newest[key] for key in sorted(newest)]
        columns = {name: [getattr(one, name) for one in rows] for name in _STORED.names()}
        upsert_frame(self._connection, RULE_CHECKPOINTS, pl.DataFrame(columns, schema=_STORED))

    def forget(self, checkpoints: Sequence[Checkpoint]) -> None:
        columns = RULE_CHECKPOINTS.c
        keys = ("series", "rule", "slot")
        statement = delete(RULE_CHECKPOINTS).where(*(columns[name] == bindparam(f"of_{name}") for name in keys))
        rows = [{f"of_{name}": getattr(one, name) for name in keys} for one in checkpoints]
        self._connection.execute_many(statement, rows)
