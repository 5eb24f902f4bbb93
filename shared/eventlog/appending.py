"""Appending to partitions at their leaders, for many threads: what both logs on Kafka append with.

The packages' own producers copy each record into a queue for a thread of theirs, and report each. Here the first caller who comes appends
for all who wait; the records of a partition are written as one batch, and each leader gets one request with those of its partitions.

Nothing is appended twice by trying again, and nothing is overtaken (KIP-98, "idempotent producer"): a broker knows the producer by a number,
and each batch says how many of that producer's records on its partition came before it. The same bytes are sent again until a broker has
answered; it recognises what it has. A batch is sent when all before it are acknowledged.

When something could not be appended, the number is given up with it: a record that is left out would be a gap in its counts, at which the
broker would refuse all later ones.
"""

import struct
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from shared.eventlog.broker_connection import BrokerConnection
from shared.eventlog.broker_protocol import FORBIDDEN, Place
from shared.eventlog.metadata_protocol import Address
from shared.eventlog.port import EventLogError, LogUnavailable, NewRecord, RecordTooLarge
from shared.eventlog.produce_protocol import (
    INVALID,
    MAY_PASS,
    TOO_LARGE,
    Appended,
    Producer,
    appended,
    produce_request,
)
from shared.eventlog.record_batch_writing import WrittenBatch, written_batch
from shared.runtime.group_commit import GroupCommit

_REST_SECONDS = 0.02
"""Before what has failed is sent again."""
_COUNTS_END = 2**31
_REQUEST_BYTES = 16 * 1024 * 1024
"""No further batch is put into a request that has as many; a broker takes a hundred MiB."""


class Cluster(Protocol):
    """What is known of the brokers. Everything may block, and raises EventLogError."""

    def leader(self, place: Place) -> Address | None:
        """None if there is none now."""
        ...

    def refresh(self) -> None:
        """Ask anew: what is known seems to be wrong."""
        ...

    def new_producer(self) -> Producer:
        """A number that nobody else has."""
        ...


class _Call(NamedTuple):
    """What one caller wants to have appended, and where each record goes."""

    records: Sequence[NewRecord]
    places: Sequence[Place]


@dataclass(slots=True)
class _Share:
    """The records of one partition that are appended together.

    Attributes:
        batch: the records that are sent now, and sent again until the broker has answered.
        offsets: of those that are on the log, a beginning of them.
        trouble: why the batch has to be sent again.
        error: why what is not known to be on the log is given up.
    """

    records: list[NewRecord] = field(default_factory=list)
    batch: WrittenBatch | None = None
    offsets: list[int] = field(default_factory=list)
    trouble: str | None = None
    error: EventLogError | None = None

    @property
    def is_whole(self) -> bool:
        return len(self.offsets) == len(self.records)


_Shares = Mapping[Place, _Share]


class Appending:
    """Safe to use from many threads.

    Args:
        seconds: after which what meets trouble is given up. A broker that has not answered for a third of it is taken for lost.
        now_ms: milliseconds since 1970 in UTC.
    """

    def __init__(self, cluster: Cluster, seconds: float, now_ms: Callable[[], int]) -> None:
        self._cluster = cluster
        self._seconds = seconds
        self._patience = seconds / 3
        self._now_ms = now_ms
        self._brokers: dict[Address, BrokerConnection[_Shares]] = {}
        self._producer: Producer | None = None
        self._counts: dict[Place, int] = {}
        self._closed = False
        self._calls: GroupCommit[_Call, Sequence[int] | EventLogError] = GroupCommit(self._append_all, LogUnavailable)

    def append(self, records: Sequence[NewRecord], places: Sequence[Place]) -> Sequence[int]:
        """The offset of each, once all are acknowledged. Blocks. Raises EventLogError."""
        outcome = self._calls.submit(_Call(records, places))
        if isinstance(outcome, EventLogError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Once what is being appended has been. Closing twice changes nothing."""
        with self._calls.alone():
            self._closed = True
            self._begin_anew()

    def _append_all(self, calls: Sequence[_Call]) -> Sequence[Sequence[int] | EventLogError]:
        if self._closed:
            raise LogUnavailable("the event log is closed")
        shares: defaultdict[Place, _Share] = defaultdict(_Share)
        for call in calls:
            for record, place in zip(call.records, call.places, strict=True):
                shares[place].records.append(record)
        try:
            self._carry(shares)
        finally:
            if not all(share.is_whole for share in shares.values()):
                self._begin_anew()
        offsets = {place: iter(share.offsets) for place, share in shares.items()}
        return [_outcome(call.places, [next(offsets[place], None) for place in call.places], shares) for call in calls]

    def _carry(self, shares: _Shares) -> None:
        """Append until every share is whole or has an error."""
        deadline = time.monotonic() + self._seconds
        while waiting := {place: share for place, share in shares.items() if not (share.is_whole or share.error)}:
            try:
                self._carry_once(waiting)
            except LogUnavailable as error:
                for share in waiting.values():
                    share.trouble = str(error)
            except EventLogError as error:
                for share in waiting.values():
                    share.error = error
            if not any(share.trouble for share in waiting.values()):
                continue
            if time.monotonic() > deadline:
                for share in waiting.values():
                    share.error = share.error or LogUnavailable(share.trouble)
            else:
                time.sleep(_REST_SECONDS)
                with suppress(LogUnavailable):
                    self._cluster.refresh()

    def _carry_once(self, shares: _Shares) -> None:
        """Send each leader what it is to have next, and take in the answers. What did not succeed is in trouble or has an error then."""
        by_leader: defaultdict[Address, dict[Place, _Share]] = defaultdict(dict)
        for place, share in shares.items():
            leader = self._cluster.leader(place)
            share.trouble = f"Kafka: {place} has no leader now" if leader is None else None
            if leader is not None:
                by_leader[leader][place] = share
        asked = {address: self._ask(address, of_leader) for address, of_leader in by_leader.items()}
        for address, broker in asked.items():
            if broker is not None:
                self._take_in(address, broker)

    def _ask(self, address: Address, shares: _Shares) -> BrokerConnection[_Shares] | None:
        """Who has been asked to append the next batch of each share."""
        batches: dict[Place, Sequence[bytes]] = {}
        size = 0
        for place, share in shares.items():
            if size < _REQUEST_BYTES:
                share.batch = share.batch or self._next_batch(place, share)
                share.trouble = f"Kafka: no answer about {place}"
                batches[place] = share.batch.parts
                size += share.batch.size
        about = {place: shares[place] for place in batches}
        try:
            if address not in self._brokers:
                self._brokers[address] = BrokerConnection(*address)
            broker = self._brokers[address]
            broker.ask(produce_request(batches, round(1000 * self._patience)), about, time.monotonic())
        except OSError as error:
            self._lose(address, about, error)
            return None
        return broker

    def _next_batch(self, place: Place, share: _Share) -> WrittenBatch:
        if self._producer is None:
            self._producer = self._cluster.new_producer()
        return written_batch(
            share.records,
            len(share.offsets),
            producer=self._producer,
            sequence=self._counts.get(place, 0),
            taken_ms=self._now_ms(),
        )

    def _take_in(self, address: Address, broker: BrokerConnection[_Shares]) -> None:
        about = broker.asked or {}
        try:
            found = list(appended(broker.answer(self._patience)))
        except (OSError, struct.error) as error:
            self._lose(address, about, error)
            return
        for one in found:
            self._settle(one, about[one.place])

    def _settle(self, said: Appended, share: _Share) -> None:
        share.trouble = f"Kafka: error {said.error} appending to {said.place}" if said.error in MAY_PASS else None
        if said.error not in {0, *MAY_PASS}:
            share.error = _permanent(said)
        elif said.error == 0 and share.batch is not None:
            count = share.batch.records
            share.offsets += range(said.first_offset, said.first_offset + count)
            share.batch = None
            self._counts[said.place] = (self._counts.get(said.place, 0) + count) % _COUNTS_END

    def _lose(self, address: Address, about: _Shares, error: Exception) -> None:
        for share in about.values():
            share.trouble = f"Kafka: {address} is lost, {error!r}"
        broker = self._brokers.pop(address, None)
        if broker is not None:
            broker.close()

    def _begin_anew(self) -> None:
        for broker in self._brokers.values():
            broker.close()
        self._brokers.clear()
        self._counts.clear()
        self._producer = None


def _outcome(places: Sequence[Place], offsets: Sequence[int | None], shares: _Shares) -> Sequence[int] | EventLogError:
    """What became of one call: the offset of each record, or why one is not known to be on the log."""
    found = [offset for offset in offsets if offset is not None]
    if len(found) == len(places):
        return found
    given_up = (shares[place].error for place, offset in zip(places, offsets, strict=True) if offset is None)
    return next(error for error in given_up if error is not None)


def _permanent(said: Appended) -> EventLogError:
    """Of an error that no further try mends."""
    what = f"error {said.error} appending to {said.place}"
    if said.error in TOO_LARGE:
        return RecordTooLarge(f"Kafka: {what}")
    if said.error in FORBIDDEN or said.error in INVALID:
        return EventLogError(f"Kafka refuses: {what}")
    return LogUnavailable(f"Kafka: {what}")
