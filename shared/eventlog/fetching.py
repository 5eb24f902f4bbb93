"""Reading partitions from their leaders: what a member of a group fetches with, once it has been given partitions.

The packages' own consumers make an object of each record, or queue it between threads. Here an answer of megabytes lies in one
piece of memory until it has been copied to columns (`record_batches.py`), on the caller's thread.

Positions are the caller's. What is not handed over waits here, and no more of that partition is fetched meanwhile. The next request
is on its way while the caller works.
"""

import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from select import POLLIN, poll
from typing import Protocol

from shared.eventlog.broker_connection import BrokerConnection
from shared.eventlog.broker_protocol import FORBIDDEN, Place
from shared.eventlog.fetch_protocol import MAY_PASS, OFFSET_OUT_OF_RANGE, Answer, answers, fetch_request
from shared.eventlog.port import EventLogError, LogUnavailable, OffsetOutOfRange
from shared.eventlog.record_runs import Messages

_AT_ONCE_SECONDS = 0.005
"""In which a broker answers what it need not wait for."""
_REST_SECONDS = 0.02
"""While there is nothing to ask anybody for, and before a partition is asked for again that could not be read."""
_MOST_REST_SECONDS = 1.0
"""Before a broker is tried again that cannot be reached; a tenth of it after the first failure."""


class Leaders(Protocol):
    """Where partitions are led, as far as is known."""

    def leader(self, place: Place) -> tuple[str, int] | None:
        """Host and port; None if it is not known, or there is none now."""
        ...

    def refresh(self) -> None:
        """Ask anew, in the background: what is known seems to be wrong."""
        ...


Read = Callable[[Answer, int], tuple[Messages, int]]
"""The messages, copied, of an answer from an offset on, and the offset behind them. Raises EventLogError."""


@dataclass(slots=True)
class _Reading:
    """One partition that is read.

    Attributes:
        position: what is to be asked for next.
        not_before: seconds of the monotonic clock.
        in_hand: fetched, and not handed over.
        end: the end of the partition, as of the last answer.
    """

    position: int
    is_paused: bool
    not_before: float = 0.0
    in_hand: Messages | None = None
    end: int | None = None


class Fetching:
    """Fetches the partitions that it is told to read.

    Args:
        patience: seconds after which a broker that does not answer is taken for lost.
    """

    def __init__(self, leaders: Leaders, read: Read, patience: float) -> None:
        self._leaders = leaders
        self._read = read
        self._patience = patience
        self._readings: dict[Place, _Reading] = {}
        self._brokers: dict[tuple[str, int], BrokerConnection[Mapping[Place, int]]] = {}
        self._rests: dict[tuple[str, int], tuple[float, float]] = {}

    def read_from(self, changed: Mapping[Place, int], paused: Iterable[Place]) -> None:
        """Read these from these offsets on; what was fetched of them before is dropped."""
        resting = set(paused)
        for place, offset in changed.items():
            self._readings[place] = _Reading(offset, place in resting, end=self.end(place))

    def forget(self) -> None:
        """Read nothing any more."""
        self._readings.clear()

    def pause(self, places: Iterable[Place]) -> None:
        self._set_paused(places, is_paused=True)

    def resume(self, places: Iterable[Place]) -> None:
        self._set_paused(places, is_paused=False)

    def end(self, place: Place) -> int | None:
        """The end of a partition as of the last answer; None before the first."""
        reading = self._readings.get(place)
        return None if reading is None else reading.end

    def fetch(self, wait_seconds: float, max_records: int) -> Sequence[tuple[Place, Messages]]:
        """What has come, or comes within the wait. Raises EventLogError.

        An answer that was there before anybody waited for it may be old: whoever asked has done something else meanwhile. The next
        one, which comes at once if there is more, is taken in too.
        """
        deadline = time.monotonic() + wait_seconds
        found: list[tuple[Place, Messages]] = []
        left, has_waited = max_records, False
        while True:
            self._receive()
            found += self._hand_over(left)
            self._ask()
            left = max_records - sum(len(messages) for _, messages in found)
            rest = deadline - time.monotonic()
            if left == 0 or (found and has_waited) or (not found and rest <= 0):
                return found
            has_waited = has_waited or not found
            if not self._wait(_AT_ONCE_SECONDS if found else rest) and found:
                return found

    def close(self) -> None:
        for broker in self._brokers.values():
            broker.close()
        self._brokers.clear()
        self._readings.clear()

    def _set_paused(self, places: Iterable[Place], *, is_paused: bool) -> None:
        for place in places:
            reading = self._readings.get(place)
            if reading is not None:  # else `read_from` is still to come, which says this too
                reading.is_paused = is_paused

    def _hand_over(self, max_records: int) -> list[tuple[Place, Messages]]:
        found, left = [], max_records
        for place, reading in self._readings.items():
            messages = reading.in_hand
            if messages is None or reading.is_paused or not left:
                continue
            if len(messages) > left:
                messages, reading.in_hand = messages.part(0, left), messages.part(left, len(messages))
            else:
                reading.in_hand = None
            found.append((place, messages))
            left -= len(messages)
        return found

    def _ask(self) -> None:
        """Send a request to each broker that has none under way, for what is not in hand."""
        now = time.monotonic()
        wanted: dict[tuple[str, int], dict[Place, int]] = {}
        for place, reading in self._readings.items():
            if reading.is_paused or reading.in_hand is not None or reading.not_before > now:
                continue
            leader = self._leaders.leader(place)
            if leader is None:
                self._come_back(reading)
            else:
                wanted.setdefault(leader, {})[place] = reading.position
        for address, offsets in wanted.items():
            self._ask_broker(address, offsets, now)

    def _ask_broker(self, address: tuple[str, int], offsets: Mapping[Place, int], now: float) -> None:
        not_before, _ = self._rests.get(address, (0.0, 0.0))
        if not_before > now:
            return
        try:
            broker = self._brokers.get(address)
            if broker is None:
                broker = self._brokers[address] = BrokerConnection(*address)
            if broker.asked is None:
                broker.ask(fetch_request(offsets), offsets, now)
        except OSError:
            self._lose(address)

    def _wait(self, seconds: float) -> bool:
        """Wait for an answer to begin; says whether one has."""
        waiting = [broker for broker in self._brokers.values() if broker.asked is not None]
        if not waiting:
            time.sleep(min(seconds, _REST_SECONDS))
            return False
        poller = poll()
        for broker in waiting:
            poller.register(broker, POLLIN)
        return bool(poller.poll(1000 * seconds))

    def _receive(self) -> None:
        """Take in the answers that have come."""
        now = time.monotonic()
        for address, broker in list(self._brokers.items()):
            asked = broker.asked
            if asked is None:
                continue
            try:
                answer = broker.receive()
                if answer is not None:
                    self._rests.pop(address, None)
                    self._take_in(list(answers(answer)), asked)
                elif now - broker.asked_at > self._patience:
                    self._lose(address)
            except (OSError, struct.error):
                self._lose(address)

    def _take_in(self, found: Sequence[Answer], asked: Mapping[Place, int]) -> None:
        for answer in found:
            reading = self._readings.get(answer.place)
            if reading is None or reading.in_hand is not None or reading.position != asked.get(answer.place):
                continue  # it was sought elsewhere, or lost, meanwhile
            if answer.error:
                self._on_error(answer, reading)
            else:
                self._keep(answer, reading)

    def _keep(self, answer: Answer, reading: _Reading) -> None:
        reading.end = answer.end
        if not answer.batches:
            return
        messages, next_offset = self._read(answer, reading.position)
        if next_offset > reading.position:
            reading.position = next_offset
            reading.in_hand = messages if len(messages) else None
            self._readings[answer.place] = self._readings.pop(answer.place)  # others are asked for first now

    def _on_error(self, answer: Answer, reading: _Reading) -> None:
        if answer.error == OFFSET_OUT_OF_RANGE:
            raise OffsetOutOfRange(f"{answer.place} does not hold offset {reading.position}")
        if answer.error in FORBIDDEN:
            raise EventLogError(f"Kafka refuses: no permission to read {answer.place}")
        if answer.error not in MAY_PASS:
            raise LogUnavailable(f"Kafka: error {answer.error} reading {answer.place}")
        self._come_back(reading)

    def _come_back(self, reading: _Reading) -> None:
        reading.not_before = time.monotonic() + _REST_SECONDS
        self._leaders.refresh()

    def _lose(self, address: tuple[str, int]) -> None:
        broker = self._brokers.pop(address, None)
        if broker is not None:
            broker.close()
        _, rest = self._rests.get(address, (0.0, _MOST_REST_SECONDS / 20))
        rest = min(2 * rest, _MOST_REST_SECONDS)
        self._rests[address] = (time.monotonic() + rest, rest)
        self._leaders.refresh()
