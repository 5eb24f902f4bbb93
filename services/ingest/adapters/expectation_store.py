"""How far the expectations of sources have been stated, on SQL."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select

from services.ingest.adapters.tables import STATED_EXPECTATIONS
from shared.database.engine import WriteConnection
from shared.database.versioning import insert_missing, upsert


class SqlExpectationStore:
    """`services.ingest.ports.ExpectationStore`."""

    def __init__(self, connection: WriteConnection) -> None:
        self._connection = connection

    def stated(self) -> Mapping[str, datetime]:
        return {row.source: row.until for row in self._connection.execute(select(STATED_EXPECTATIONS))}

    def keep(self, until: Mapping[str, datetime]) -> None:
        rows = [{"source": source, "until": moment} for source, moment in until.items()]
        upsert(self._connection, STATED_EXPECTATIONS, rows)

    def begin(self, source: str, moment: datetime) -> None:
        insert_missing(self._connection, STATED_EXPECTATIONS, [{"source": source, "until": moment}])

    def end(self, source: str) -> None:
        self._connection.change(delete(STATED_EXPECTATIONS).where(STATED_EXPECTATIONS.c.source == source))
