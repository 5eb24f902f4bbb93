"""A consumer on Kafka: positions, and who may read what, whatever fetches.

A driver tells of lost and won partitions inside its own fetch. Lost ones are passed on at once, before another member may
read them. Won ones are noted only; they are read after `on_assigned` has answered, outside the client's call, so that it may
take its time, ask the log, and fail.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from shared.eventlog.port import Assigned, LogUnavailable, Partition, Record, Revoked
from shared.eventlog.record_runs import Batch, Run

_CONNECT_SECONDS = 1.0
"""A client that has just been made is not connected yet."""

_SLICE_SECONDS = 0.2
"""A fetch takes no longer, so that partitions won in one are read soon, whatever `wait` is."""


class MemberEvents(Protocol):
    """What a driver tells its member, inside `fetch` and `close` only. Neither call raises."""

    def won(self, partitions: Sequence[Partition]) -> None:
        """The group has given these to the member. Nothing may be fetched of them before `read_from`."""
        ...

    def lost(self) -> None:
        """The member is about to lose all partitions, or has lost them."""
        ...


class Driver(Protocol):
    """What fetches for a member. Raises LogUnavailable and OffsetOutOfRange."""

    def fetch(self, wait_seconds: float, max_records: int) -> Sequence[Run]:
        """Fetch once: some records of one partition, in offset order, then some of another."""
        ...

    def read_from(
        self, changed: Mapping[Partition, int], positions: Mapping[Partition, int], paused: Sequence[Partition]
    ) -> None:
        """Fetch from these positions on, of which `changed` are new; records fetched before must not come up again."""
        ...

    def pause(self, partitions: Sequence[Partition]) -> None: ...

    def resume(self, partitions: Sequence[Partition]) -> None: ...

    def end(self, partition: Partition) -> int | None:
        """The end of a partition as of the last fetch that asked."""
        ...

    def is_away(self) -> bool:
        """Whether no broker can be reached now, as far as the client knows."""
        ...

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Send and do not wait; failure is not an error."""
        ...

    def close(self) -> None: ...


class KafkaMember:
    """`shared.eventlog.port.Consumer` over a driver."""

    def __init__(self, *, first_offset: Callable[[Partition], int], on_assigned: Assigned, on_revoked: Revoked) -> None:
        self._first_offset = first_offset
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._driver: Driver | None = None
        self._unsettled: Sequence[Partition] = ()
        self._positions: dict[Partition, int] = {}
        self._moved: set[Partition] = set()
        self._paused: set[Partition] = set()
        self._failure: Exception | None = None
        self._away_since: float | None = None
        self._closed = False

    def attach(self, driver: Driver) -> None:
        """Driver and member know each other; called once, before the first poll."""
        self._driver = driver

    @property
    def driver(self) -> Driver:
        if self._driver is None or self._closed:
            raise LogUnavailable("this consumer is closed")
        return self._driver

    def won(self, partitions: Sequence[Partition]) -> None:
        self._unsettled = partitions

    def lost(self) -> None:
        held = [*self._positions, *self._unsettled]
        self._positions.clear()
        self._moved.clear()
        self._paused.clear()
        self._unsettled = ()
        try:
            if held:
                self._on_revoked(held)
        except Exception as error:  # noqa: BLE001 - raised by the poll around it; the client must finish what it is doing
            self._failure = error

    def poll(self, wait: timedelta, max_records: int) -> Sequence[Record]:
        driver = self.driver
        deadline = time.monotonic() + wait.total_seconds()
        while True:
            self._settle(driver)
            left = max(0.0, deadline - time.monotonic())
            records = self._accept(self._fetch(driver, min(left, _SLICE_SECONDS), max_records))
            self._raise_failure()
            if records:
                self._away_since = None
                return records
            self._note_whether_away(driver)
            if time.monotonic() >= deadline:
                self._settle(driver)
                self._raise_if_away(wait)
                return ()

    def seek(self, partition: Partition, offset: int) -> None:
        if partition not in self._positions:
            raise ValueError(f"{partition} is not assigned to this consumer")
        self._positions[partition] = offset
        self._moved.add(partition)

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        held = {partition: offset for partition, offset in offsets.items() if partition in self._positions}
        if held:
            self.driver.commit(held)

    def pause(self, partitions: Sequence[Partition]) -> None:
        held = [partition for partition in partitions if partition in self._positions]
        self._paused.update(held)
        self.driver.pause(held)

    def resume(self, partitions: Sequence[Partition]) -> None:
        held = [partition for partition in partitions if partition in self._paused]
        self._paused.difference_update(held)
        self.driver.resume(held)

    def lag(self, partition: Partition) -> int | None:
        position = self._positions.get(partition)
        end = None if position is None else self.driver.end(partition)
        return None if position is None or end is None else max(0, end - position)

    def close(self) -> None:
        if self._closed or self._driver is None:
            return
        self._closed = True
        try:
            self._driver.close()
        finally:
            self.lost()
        self._raise_failure()

    def _settle(self, driver: Driver) -> None:
        """Ask where to read the partitions won; if that raises, the next poll asks again."""
        if self._unsettled:
            starts = self._on_assigned(self._unsettled)
            for partition in self._unsettled:
                self._positions[partition] = starts[partition] if partition in starts else self._first_offset(partition)
                self._moved.add(partition)
            self._unsettled = ()
        if self._moved:
            changed = {partition: self._positions[partition] for partition in self._moved}
            driver.read_from(changed, self._positions, list(self._paused))
            self._moved.clear()

    def _fetch(self, driver: Driver, wait_seconds: float, max_records: int) -> Sequence[Run]:
        try:
            return driver.fetch(wait_seconds, max_records)
        except Exception:
            self._moved.update(
                self._positions
            )  # asked again, a client might read on in silence, behind what it had in hand
            raise

    def _accept(self, runs: Sequence[Run]) -> Batch:
        """Drop what a client still had in hand of partitions that were lost, sought or paused meanwhile."""
        accepted: list[Run] = []
        for run in runs:
            position = self._positions.get(run.partition)
            if position is None or not run:
                continue
            if run.partition in self._paused or run.partition in self._moved:
                self._moved.add(run.partition)
                continue
            self._positions[run.partition] = max(position, run.next_offset)
            fresh = run.since(position)
            if fresh:
                accepted.append(fresh)
        return Batch(accepted)

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _note_whether_away(self, driver: Driver) -> None:
        if not driver.is_away():
            self._away_since = None
        elif self._away_since is None:
            self._away_since = time.monotonic()

    def _raise_if_away(self, wait: timedelta) -> None:
        tolerated = max(wait.total_seconds(), _CONNECT_SECONDS)
        if self._away_since is not None and time.monotonic() - self._away_since > tolerated:
            raise LogUnavailable("no Kafka broker can be reached")
