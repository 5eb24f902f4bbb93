"""Sending the flights over HTTP: NDJSON batches, one batch twice, and a few events that are broken on purpose."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from rich.progress import Progress

from services.cli.client import Client
from services.cli.demo.flights import Row, damaged, event_of

EVENTS_PER_REQUEST = 10_000
SENT_TWICE = 10_000


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be sent: `sound` events, copies included, and how many are broken for which reason."""

    sound: int
    broken: Mapping[str, int]


@dataclass
class Sent:
    """What was answered, and how long it took."""

    accepted: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return (self.accepted + self.quarantined.total()) / self.seconds if self.seconds else 0.0


def plan(rows: Sequence[Row]) -> Planned:
    """What `send` will send of these rows."""
    return Planned(len(rows) + len(rows[:SENT_TWICE]), Counter(reason for _, reason in damaged(rows)))


def send(client: Client, rows: Sequence[Row], progress: Progress) -> Sent:
    """Send every flight, then the first ones again, then the broken ones. Raises CallFailed."""
    planned = plan(rows)
    task = progress.add_task("flights sent", total=planned.sound + sum(planned.broken.values()))
    sent = Sent()
    begun = time.monotonic()
    for batch in _batches(rows):
        answer = client.post_lines("/v1/metric-events", b"".join(_line(event) for event in batch))
        sent.accepted += answer["accepted"]
        sent.quarantined.update(item["reason"] for item in answer["rejected"])
        progress.advance(task, len(batch))
    sent.seconds = time.monotonic() - begun
    return sent


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[dict[str, Any]]]:
    yield from _cut(rows)
    yield from _cut(rows[:SENT_TWICE])
    yield [event for event, _ in damaged(rows)]


def _cut(rows: Sequence[Row]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(rows), EVENTS_PER_REQUEST):
        yield [event_of(row) for row in rows[start : start + EVENTS_PER_REQUEST]]


def _line(event: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(event) + b"\n"
