"""`raw.<source>`: metric events from Kafka producers. Nothing a record holds can stop this consumer.

A topic takes events of its own source only, so that a producer needs no rights but for its topic; others are quarantined as of
an unknown source. The records of a poll are taken in as one batch per source. Order, and what a crash in between means:

1. what is wrong goes to the quarantine. Crash: the records are read again, the same bytes are the same entries.
2. readings are appended. Crash: they are appended again, and the fold counts each id once.
3. the position moves. From here on the records are not read again.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from services.ingest.domain.decode import Unfold, one_event_each
from services.ingest.domain.errors import Overloaded
from services.ingest.entrypoints.bodies import events_apart, record_events
from services.ingest.entrypoints.intake import Intake
from services.ingest.ports import UnitOfWork
from shared.eventlog.handler import Busy, Unprocessable
from shared.eventlog.port import Headers, Record
from shared.eventlog.record_runs import Run, runs_of
from shared.events.topics import RAW_PREFIX, raw_topic
from shared.runtime.failpoints import fail_point
from shared.runtime.joined_texts import in_one
from shared.runtime.progress import Progress

CONSUMER = "ingest.raw"
TOPICS = (f"{RAW_PREFIX}*",)
MOST_RECORDS = 20_000
"""Of one poll: mapping is by columns, so many small records cost little more than few."""
_CE = "ce_"


@dataclass(frozen=True, slots=True)
class RawRecords:
    """Applies records of raw topics; the `apply` of a `RecordHandler`."""

    intake: Intake
    units: Callable[[], UnitOfWork]
    passing: tuple[type[Exception], ...]
    """Trouble that goes away by trying again, `Busy` included."""

    def __call__(self, records: Sequence[Record], progress: Sequence[Progress], now: datetime) -> None:
        del now  # the intake asks the clock for each batch
        self._take(records)
        fail_point("raw-taken")
        with self.units() as uow:
            for moved in progress:
                uow.advance(moved)
            uow.commit()
        fail_point("raw-committed")

    def _take(self, records: Sequence[Record]) -> None:
        """Take in together, and where that fails by halves, so that a poisoned record is found in few steps.

        Raises:
            Busy: the source has used up its quota.
            Unprocessable: one record fails whatever stands beside it; it goes to the dead letters.
        """
        try:
            for source, runs in _by_source(records).items():
                self._take_of(source, runs, records)
        except self.passing:
            raise
        except Exception as error:
            if len(records) == 1:
                detail = f"{type(error).__name__}: {error}"
                raise Unprocessable("cannot-be-taken-in", records[0], detail) from error
            half = len(records) // 2
            self._take(records[:half])
            self._take(records[half:])

    def _take_of(self, source: str, runs: Sequence[Run], records: Sequence[Record]) -> None:
        try:
            self.intake.take_records(*_texts_of(runs), source=source)
        except Overloaded as error:
            raise _wait(records, source, error) from error


def _wait(records: Sequence[Record], source: str, error: Overloaded) -> Busy:
    """The source has used up its quota: its records stay on their topic for a while."""
    topic = raw_topic(source)
    partition = next(record.partition for record in records if record.partition.topic == topic)
    return Busy(partition, timedelta(seconds=int(str(error.facts["retry_after_seconds"]))))


def _by_source(records: Sequence[Record]) -> dict[str, list[Run]]:
    """Records by the source on whose topic they came."""
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs_of(records):
        runs[run.partition.topic.removeprefix(RAW_PREFIX)].append(run)
    return runs


def _texts_of(runs: Sequence[Run]) -> tuple[Sequence[bytes], Unfold]:
    """What to take in: values, to be looked at where they are not plainly one event, or events, where headers say what a value is."""
    are_described = [run.has_headers for run in runs]
    if not any(are_described):
        return in_one([run.values() for run in runs]), events_apart
    events = [
        _described_events(run) if is_described else events_apart(run.values())
        for run, is_described in zip(runs, are_described, strict=True)
    ]
    return list(chain.from_iterable(events)), one_event_each


def _described_events(run: Run) -> Sequence[bytes]:
    return [event for record in run for event in _events(record)]


def _events(record: Record) -> Sequence[bytes]:
    content_type, attributes = _described(record.headers) if record.headers else ("", {})
    return record_events(content_type, attributes, record.value)


def _described(headers: Headers) -> tuple[str, dict[str, str]]:
    """Content type and the attributes of binary mode."""
    texts = {name.lower(): value.decode("utf-8", "replace") for name, value in headers}
    attributes = {name[len(_CE) :]: value for name, value in texts.items() if name.startswith(_CE)}
    return texts.get("content-type", "").partition(";")[0].strip().lower(), attributes
