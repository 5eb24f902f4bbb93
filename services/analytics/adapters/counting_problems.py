"""What keeps indicators from counting their readings, on SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from services.analytics.adapters.fold_tables import COUNTING_PROBLEMS
from shared.database.engine import ReadConnection, WriteConnection
from shared.database.versioning import upsert


class SqlCountingProblems:
    """`services.analytics.ports.folding.CountingProblems`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def note(self, missing: Mapping[str, Sequence[str]], counted: Sequence[str], now: datetime) -> None:
        known = missing_columns(self._connection)
        solved = [name for name in counted if name in known]
        if solved:
            self._connection.change(delete(COUNTING_PROBLEMS).where(COUNTING_PROBLEMS.c.indicator.in_(solved)))
        news = {name: list(columns) for name, columns in missing.items() if known.get(name) != list(columns)}
        rows = [{"indicator": name, "missing": columns, "noticed_at": now} for name, columns in news.items()]
        upsert(self._connection, COUNTING_PROBLEMS, rows)


def missing_columns(connection: ReadConnection) -> dict[str, list[str]]:
    """Indicator → columns that the newest of its readings lacked."""
    columns = COUNTING_PROBLEMS.c
    rows = connection.execute(select(columns.indicator, columns.missing))
    return {row.indicator: list(row.missing) for row in rows}
