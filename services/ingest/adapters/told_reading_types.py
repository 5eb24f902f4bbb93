"""Reading types that the other services have been told of, on SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from services.ingest.adapters.tables import TOLD_READING_TYPES
from services.ingest.domain.reading_type import ReadingType
from shared.database.engine import WriteConnection
from shared.database.outbox import Outbox
from shared.database.versioning import upsert
from shared.eventlog.port import NewRecord
from shared.events.envelope import CONTENT_TYPE, Envelope, encode
from shared.events.reading_types import READING_TYPE_DEFINED, MeasureDefined, ReadingTypeDefined
from shared.events.topics import READING_TYPES
from shared.runtime.identifiers import IdSource


class SqlToldReadingTypes:
    """`services.ingest.ports.ToldReadingTypes`, inside a write transaction."""

    def __init__(self, connection: WriteConnection, outbox: Outbox, ids: IdSource) -> None:
        self._connection = connection
        self._outbox = outbox
        self._ids = ids

    def versions(self) -> dict[str, int]:
        return {row.name: row.version for row in self._connection.execute(select(TOLD_READING_TYPES))}

    def tell(self, reading_types: Sequence[ReadingType], now: datetime) -> None:
        headers = (("content-type", CONTENT_TYPE.encode()),)
        records = [
            NewRecord(READING_TYPES, encode(self._event(one, now)), key=one.name.encode(), headers=headers)
            for one in reading_types
        ]
        self._outbox.add(records, recorded_at=now)
        rows = [{"name": one.name, "version": one.version} for one in reading_types]
        upsert(self._connection, TOLD_READING_TYPES, rows)

    def _event(self, reading_type: ReadingType, now: datetime) -> Envelope[ReadingTypeDefined]:
        measures = reading_type.measures.items()
        data = ReadingTypeDefined(
            name=reading_type.name,
            version=reading_type.version,
            dimensions=list(reading_type.dimensions),
            measures={name: MeasureDefined(measure.unit, measure.optional) for name, measure in measures},
        )
        return Envelope(
            id=self._ids.next(),
            source="ingest",
            type=READING_TYPE_DEFINED,
            subject=reading_type.name,
            time=now,
            recordedtime=now,
            data=data,
        )
