"""Senders: they keep a batch until it is accepted, send it again when no answer came, and sometimes even when one did."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.eventlog.port import LogUnavailable, NewRecord
from shared.events.topics import raw_topic
from simulation.client import Client, Refused, Unanswered
from simulation.events import EventMaker
from simulation.log import LogDoor
from simulation.plant import LATE_SOURCE, SOURCES
from simulation.trace import Trace


@dataclass
class Batch:
    """Events on their way. `source` is the one whose raw topic they go to; None for HTTP."""

    events: Sequence[bytes]
    source: str | None


@dataclass
class Senders:
    """All sources of the plant.

    Attributes:
        waiting: batches without an answer.
        accepted: batches that were accepted and may be sent again.
        on_the_log: keys of events whose first copy certainly counts.
        silent: sources that have fallen silent.
        refused: whether the last batch was not accepted.
    """

    chance: random.Random
    maker: EventMaker
    trace: Trace
    waiting: list[Batch] = field(default_factory=list)
    accepted: list[Batch] = field(default_factory=list)
    on_the_log: set[tuple[str, str]] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    refused: bool = False

    def make_batch(self, now: datetime) -> None:
        """Some source has something to tell."""
        sources = [source for source in (*SOURCES, LATE_SOURCE) if source not in self.silent]
        source = self.chance.choice(sources)
        events = [self._event(source, now) for _ in range(self.chance.randint(1, 10))]
        if self.chance.random() < 0.2:
            events.append(events[0])
        raw = source in SOURCES and self.chance.random() < 0.35
        self.waiting.append(Batch(events, source if raw else None))
        self.trace.note(f"  {source} has {len(events)} events for {'its raw topic' if raw else 'HTTP'}")

    def fall_silent(self) -> None:
        """One source stops."""
        source = self.chance.choice(SOURCES)
        self.silent.add(source)
        self.trace.note(f"  {source} falls silent")

    def speak_again(self) -> None:
        """One that has stopped goes on; its windows may have closed by the clock meanwhile."""
        if self.silent:
            source = self.chance.choice(sorted(self.silent))
            self.silent.remove(source)
            self.trace.note(f"  {source} speaks again")

    def send(self, ingest: Client | None, door: LogDoor) -> None:
        """Send a batch that waits, or one that was accepted before."""
        batch = self._choose()
        if batch is not None:
            self._send(batch, ingest, door)

    def send_waiting(self, ingest: Client | None, door: LogDoor) -> None:
        """Send the batch that has waited longest."""
        self._send(self.waiting[0], ingest, door)

    def _send(self, batch: Batch, ingest: Client | None, door: LogDoor) -> None:
        self.refused = not self._try(batch, ingest, door)
        if not self.refused and batch in self.waiting:
            self.waiting.remove(batch)
            self.accepted.append(batch)

    def _choose(self) -> Batch | None:
        if self.waiting and (not self.accepted or self.chance.random() < 0.85):
            return self.chance.choice(self.waiting)
        return self.chance.choice(self.accepted) if self.accepted else None

    def _try(self, batch: Batch, ingest: Client | None, door: LogDoor) -> bool:
        ways: dict[bool, Callable[[], None]] = {
            True: lambda: self._post(batch, ingest),
            False: lambda: _produce(batch, door),
        }
        try:
            ways[batch.source is None]()
        except (Unanswered, Refused, LogUnavailable) as error:
            self.trace.note(f"  no answer to {len(batch.events)} events: {error}")
            return False
        self.trace.note(f"  {len(batch.events)} events were taken")
        return True

    def _post(self, batch: Batch, ingest: Client | None) -> None:
        if ingest is None:
            raise Unanswered("ingest is down")
        answer = ingest.send_events(batch.events)
        rejected = {item["index"] for item in answer["rejected"]}
        for index, event in enumerate(batch.events):
            key = self.maker.keys_of(event)
            if key is not None and index not in rejected:
                self.on_the_log.add(key)

    def _event(self, source: str, now: datetime) -> bytes:
        lot = self.chance.random()
        if lot < 0.08:
            return self.maker.wrong(source, now)
        if lot < 0.20:
            return self.maker.again(source) or self.maker.fresh(source, now)
        if lot < 0.26:
            sure = [key for key in sorted(self.on_the_log) if key[0] == source]
            return self.maker.twisted(self.chance.choice(sure)) if sure else self.maker.fresh(source, now)
        if lot < 0.36:
            return self.maker.revision(source, now) or self.maker.fresh(source, now)
        return self.maker.fresh(source, now)


def _produce(batch: Batch, door: LogDoor) -> None:
    """One record of lines on the source's own topic, from a producer that tries again until the log has it."""
    door.append([NewRecord(raw_topic(batch.source or ""), b"\n".join(batch.events))])
