"""The seeded set of events that every contender reads: CloudEvents of inspections, 237 bytes each, in order of time.

A million of them are a day of a thousand lines, so that a line has some forty events in each hour. Whoever has read the last
one cannot know that the day is over: a closing event per line, hours later, tells every contender's watermark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

EVENT_BYTES = 237
SOURCE = "bench"
EVENT_TYPE = "inspection.completed"
BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
EVENTS_PER_DAY = 1_000_000
LATENESS = timedelta(hours=2)
"""Windows stay open so long after their end, for every contender that can."""
_CLOSING_AFTER = timedelta(hours=6)
_CHUNK = 50_000
_SEED = 20260105


@dataclass(frozen=True, slots=True)
class EventSet:
    """So many events of so many subjects, evenly spread; the same each time."""

    events: int
    subjects: int = 1_000
    span: timedelta | None = None
    """Over which the events are spread; None: a day per million."""

    @property
    def name(self) -> str:
        return f"e{self.events}-s{self.subjects}" + (f"-h{self._span // timedelta(hours=1)}" if self.span else "")

    @property
    def _span(self) -> timedelta:
        return self.span or timedelta(days=1) * self.events / EVENTS_PER_DAY

    @property
    def ends(self) -> datetime:
        """Start of the first hour in which no event lies."""
        hours = -(-self._span // timedelta(hours=1))
        return BEGINNING + timedelta(hours=hours)

    @property
    def closing_events(self) -> int:
        """Enough to reach every partition of any topic."""
        return 1_000

    def chunks(self) -> Iterator[list[tuple[bytes, bytes]]]:
        """Key (the subject) and value of each event, in order of time, the closing events last."""
        step = self._span / self.events
        chance = np.random.default_rng(_SEED)
        for first in range(0, self.events, _CHUNK):
            count = min(_CHUNK, self.events - first)
            lines = chance.integers(0, self.subjects, count).tolist()
            totals = chance.integers(500, 1000, count)
            passed = (totals * chance.uniform(0.85, 1.0, count)).astype(np.int64)
            offsets = (np.arange(first, first + count) * (step / timedelta(milliseconds=1))).astype(np.int64)
            yield [
                _event(number, row)
                for number, row in enumerate(
                    zip(_times(offsets), lines, totals.tolist(), passed.tolist(), strict=True), first
                )
            ]
        closing = round((self.ends + _CLOSING_AFTER - BEGINNING) / timedelta(milliseconds=1))
        times = _times(np.full(self.closing_events, closing))
        yield [_event(self.events + i, (time, i % self.subjects, 500, 450)) for i, time in enumerate(times)]


def _times(offsets: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[str]:
    moments = np.datetime64(BEGINNING.replace(tzinfo=None), "ms") + offsets.astype("timedelta64[ms]")
    return [f"{moment}Z" for moment in np.datetime_as_string(moments).tolist()]


def subject_name(number: int) -> str:
    return f"L{number:07d}"


def _event(number: int, row: tuple[str, int, int, int]) -> tuple[bytes, bytes]:
    time, line, total, passed = row
    subject = subject_name(line)
    value = (
        f'{{"specversion":"1.0","id":"{number:016d}","source":"{SOURCE}","type":"{EVENT_TYPE}","time":"{time}",'
        f'"data":{{"line":"{subject}","product":"pump","shift":"early","operator":"{number % 9973:012d}",'
        f'"total":{total},"passed":{passed}}}}}'
    )
    return subject.encode(), value.encode()
