"""Messages of kafka-python's consumer as runs of records. The client itself is known to `kafka_python.py` alone."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from shared.eventlog.kafka_options import Moments
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import Form, Listed, Run


class Messages:
    """Reads messages of one consumer."""

    def __init__(self) -> None:
        self._moments = Moments()
        self._form = Form(
            record=self._record,
            value=attrgetter("value"),
            offset=attrgetter("offset"),
            headers=attrgetter("headers"),
            appended_at=self._appended_at,
        )

    def run(self, partition: Partition, messages: Sequence[Any]) -> Run:
        """The messages of one partition."""
        return Run(partition, Listed(messages, self._form))

    def _record(self, partition: Partition, message: Any) -> Record:
        headers = tuple((name, value or b"") for name, value in message.headers) if message.headers else ()
        return Record(partition, message.offset, message.key, message.value or b"", headers, self._appended_at(message))

    def _appended_at(self, message: Any) -> datetime:
        return self._moments[message.timestamp]
