"""Failing at the n-th effect: a log and databases that break before or after what they were asked to do.

An *effect* is one append to the log or one write transaction of any service. `Fault` counts them and breaks one of them, either
with the error that the outside world gives (`LogUnavailable`, `DatabaseUnavailable`) or with `Crash`, after which the test
restarts everything.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal

from shared.database.engine import Database, DatabaseUnavailable, WriteConnection
from shared.eventlog.memory import MemoryLog
from shared.eventlog.port import LogUnavailable, NewRecord, Partition

Moment = Literal["before", "after"]
Kind = Literal["error", "crash"]


class Crash(BaseException):
    """The process dies here. Not an Exception, so that nothing in the program can catch it."""


@dataclass
class Fault:
    """Breaks effect number `at` (from 1), once."""

    at: int
    moment: Moment
    kind: Kind
    count: int = 0

    @property
    def has_struck(self) -> bool:
        return self.count >= self.at

    def effect(self, moment: Moment, error: type[Exception]) -> None:
        """Call with `before` and `after` around each effect."""
        if moment == "before":
            self.count += 1
        if self.count == self.at and moment == self.moment:
            raise Crash if self.kind == "crash" else error("made to fail")


class FaultyLog(MemoryLog):
    """The log in memory, with a fault that strikes its appends."""

    fault: Fault | None = None

    def append(self, records: Sequence[NewRecord]) -> Sequence[tuple[Partition, int]]:
        fault = self.fault
        if fault is None or not records:
            return super().append(records)
        fault.effect("before", LogUnavailable)
        places = super().append(records)
        fault.effect("after", LogUnavailable)
        return places


def make_faulty(database: Database, fault: Fault) -> None:
    """From now on the fault strikes this database's write transactions."""
    original: Callable[[], AbstractContextManager[WriteConnection]] = database.writing

    @contextmanager
    def writing() -> Iterator[WriteConnection]:
        fault.effect("before", DatabaseUnavailable)
        with original() as connection:
            yield connection
        fault.effect("after", DatabaseUnavailable)

    database.writing = writing  # type: ignore[method-assign]  # this one object is broken on purpose
