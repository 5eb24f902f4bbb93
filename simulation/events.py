"""Events as the simulated sources make them: good ones, late ones, wrong ones, repeats, corrections and retractions.

What must come of each is written down here, when it is made: `Ledger` is what the reference counts.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulation.client import line
from simulation.plant import CHANNELS, LATE_SOURCE, LINES, PRODUCTS

_LATE = timedelta(days=5)
_USUAL = timedelta(hours=30)
_WRONG_TIMES = {
    "time-unreadable": "yesterday",
    "observed-in-future": "2031-01-01T00:00:00Z",
    "observed-too-old": "2016-01-01T00:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One reading as it should count: what a source has said of one event."""

    source: str
    reading_type: str
    observed_at: datetime
    dimensions: Mapping[str, str]
    measures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Revised:
    """What a source has said later of one event; `fact` is None where it took it back."""

    revised_at: datetime
    id: str
    fact: Fact | None


@dataclass
class Ledger:
    """Everything that was said, by (source, id).

    Attributes:
        facts: the first copy of each event.
        revisions: what was said of them later, in any order.
        wrong: the bytes of each event that must lie in quarantine, and the reason.
    """

    facts: dict[tuple[str, str], Fact] = field(default_factory=dict)
    revisions: dict[tuple[str, str], list[Revised]] = field(default_factory=dict)
    wrong: dict[bytes, str] = field(default_factory=dict)


class EventMaker:
    """Makes events by lot, and keeps the ledger."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._made = 0
        self.ledger = Ledger()
        self._bytes: dict[tuple[str, str], bytes] = {}

    def fresh(self, source: str, now: datetime) -> bytes:
        """An event that nobody has sent."""
        key = (source, self._next_id())
        fact = self._fact(source, now)
        self.ledger.facts[key] = fact
        self._bytes[key] = line(_event(key, fact))
        return self._bytes[key]

    def again(self, source: str) -> bytes | None:
        """A copy of an event that was made before."""
        key = self._known(source)
        return None if key is None else self._bytes[key]

    def twisted(self, key: tuple[str, str]) -> bytes:
        """An event under a known id that says something else: it changes nothing. Only for one whose first copy is on the log."""
        fact = self.ledger.facts[key]
        measures = {name: value + 1 if name != "passed" else value for name, value in fact.measures.items()}
        return line(_event(key, Fact(fact.source, fact.reading_type, fact.observed_at, fact.dimensions, measures)))

    def revision(self, source: str, now: datetime) -> bytes | None:
        """A correction or retraction of an event that was made before, whether or not it has been sent."""
        key = self._known(source)
        if key is None:
            return None
        fact = None if self._chance.random() < 0.35 else self._fact(source, now)
        revised = Revised(now - timedelta(seconds=self._chance.randint(0, 7200)), self._next_id(), fact)
        self.ledger.revisions.setdefault(key, []).append(revised)
        return line(_revision(key, revised))

    def wrong(self, source: str, now: datetime) -> bytes:
        """An event that cannot become a reading, and never will."""
        key = (source, self._next_id())
        event = _event(key, self._fact(source, now))
        reason = self._chance.choice(("missing-field", "unknown-event-type", *_WRONG_TIMES))
        if reason == "missing-field":
            del event["data"]
        elif reason == "unknown-event-type":
            event["type"] = "something.else"
        else:
            event["time"] = _WRONG_TIMES[reason]
        original = line(event)
        self.ledger.wrong[original] = reason
        return original

    def keys_of(self, original: bytes) -> tuple[str, str] | None:
        """Which event of the ledger some bytes are; None for revisions and wrong ones."""
        return next((key for key, known in self._bytes.items() if known == original), None)

    def _known(self, source: str) -> tuple[str, str] | None:
        keys = [key for key in self.ledger.facts if key[0] == source]
        return self._chance.choice(keys) if keys else None

    def _next_id(self) -> str:
        self._made += 1
        return f"e{self._made}"

    def _fact(self, source: str, now: datetime) -> Fact:
        back = _LATE if self._chance.random() < 0.15 else _USUAL
        observed = now - timedelta(minutes=self._chance.randint(0, int(back.total_seconds() // 60)))
        if source == "crm":
            minutes = self._chance.randint(0, 40)
            return Fact(source, "call", observed, {"channel": self._chance.choice(CHANNELS)}, {"minutes": minutes})
        total = self._chance.choice((20, 40, 60))
        passed = total - self._chance.choice((0, 0, 1, 3))
        dimensions = {"line": self._chance.choice(LINES), "product": self._chance.choice(PRODUCTS)}
        return Fact(source, "inspection", observed, dimensions, {"inspected": total, "passed": passed})


def is_late_source(key: tuple[str, str]) -> bool:
    return key[0] == LATE_SOURCE


def _event(key: tuple[str, str], fact: Fact) -> dict[str, Any]:
    source, event_id = key
    data: dict[str, Any] = dict(fact.dimensions)
    if fact.reading_type == "call":
        data |= fact.measures
    else:
        data |= {"total": fact.measures["inspected"], "passed": fact.measures["passed"]}
    kind = "call.ended" if fact.reading_type == "call" else "inspection.completed"
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "time": _text(fact.observed_at),
        "data": data,
    }


def _revision(key: tuple[str, str], revised: Revised) -> dict[str, Any]:
    source, event_id = key
    data: dict[str, Any] = {"id": event_id, "reason": "counted again"}
    if revised.fact is not None:
        data["event"] = _event(key, revised.fact)
    kind = "andon.retraction" if revised.fact is None else "andon.correction"
    at = _text(revised.revised_at)
    return {"specversion": "1.0", "id": revised.id, "source": source, "type": kind, "time": at, "data": data}


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
