"""The seeded stream: a batch a day, with all that makes counting once hard. The same seed makes the same stream.

* repeats within a batch, across batches (and so across restarts and across a partition's owners), with the bytes they had first
* repeats with another payload under a known id, which must change nothing: the first copy has won
* readings out of order within a day, and late ones that restate windows that are final
* events that are wrong (51 of 50 passed), and events of types that the sources learn only later

Every week of a line lies clearly on one side of the target, so it does not matter to the judgement which part of it is counted
first: what is judged early on a part is judged alike on the whole, and nothing is withdrawn.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from crash.plant import FIRST_DAY, INSPECTED, LINES_OF_SOURCE, MENDED_LATER, MENDED_TYPES, PRODUCTS, ZONE

Event = dict[str, Any]

_GOOD, _BAD = 0.98, 0.90
_BAD_WEEKS = 0.35


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sent together over HTTP, and what goes to raw topics where there are any (over HTTP elsewhere)."""

    day: int
    events: list[Event]
    raw: list[Event] = field(default_factory=list)


@dataclass
class Stream:
    """Makes batches of days, each once the one before it is acknowledged: only what surely is on the log is repeated otherwise."""

    seed: int
    events_per_line: int = 2
    acknowledged: list[Event] = field(default_factory=list)
    quarantined: list[Event] = field(default_factory=list)
    _count: int = 0

    def acknowledge(self, batch: Batch) -> None:
        """Told by the sender, before it asks for the next batch, that this one was answered with 202."""
        for event in batch.events:
            first_copies = self.acknowledged if event["type"] == INSPECTED and not is_wrong(event) else self.quarantined
            first_copies.append(event)

    def batches(self) -> Iterator[Batch]:
        """One day after the other, for as long as days are asked for."""
        chance = random.Random(self.seed)
        day = 0
        while True:
            yield self._day(chance, day)
            day += 1

    def _day(self, chance: random.Random, day: int) -> Batch:
        fresh = [
            self._event(chance, source=source, line=line, day=day)
            for source, lines in LINES_OF_SOURCE.items()
            for line in lines
            for _ in range(self.events_per_line)
        ]
        raw = [self._event(chance, day=day) for _ in range(2)]
        late = [self._event(chance, day=max(0, day - chance.randint(9, 20))) for _ in range(chance.randint(0, 2))]
        wrong = [self._wrong(chance, day)] if chance.random() < 0.15 else []
        unknown = [self._of_unknown_type(chance, day)] if chance.random() < 0.15 else []
        events = fresh + late + wrong + unknown
        events += chance.sample(events, 2) + self._repeats(chance)
        chance.shuffle(events)
        return Batch(day, events, raw)

    def _repeats(self, chance: random.Random) -> list[Event]:
        """Of what is acknowledged: mostly of the last days, some of it as old as any."""
        if not self.acknowledged:
            return []
        known = self.acknowledged
        repeated = chance.choices(known[-200:], k=3) + chance.choices(known, k=1)
        other = chance.choice(known)
        again = chance.choices(self.quarantined, k=1) if self.quarantined and chance.random() < 0.1 else []
        return [*repeated, *again, {**other, "data": {**other["data"], "total": other["data"]["total"] + 1000}}]

    def _event(self, chance: random.Random, *, day: int, source: str = "", line: str = "") -> Event:
        source = source or chance.choice(tuple(LINES_OF_SOURCE))
        line = line or chance.choice(LINES_OF_SOURCE[source])
        self._count += 1
        on = FIRST_DAY + timedelta(days=day)
        total = chance.randint(20, 120)
        at = datetime.combine(on, time(chance.randint(0, 23), chance.randint(0, 59)), ZONE)
        return {
            "specversion": "1.0",
            "id": f"{line}-{self._count}",
            "source": source,
            "type": INSPECTED,
            "time": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "data": {
                "line": line,
                "product": chance.choice(PRODUCTS),
                "total": total,
                "passed": round(total * level(self.seed, line, on)),
            },
        }

    def _wrong(self, chance: random.Random, day: int) -> Event:
        event = self._event(chance, day=day)
        data = {**event["data"], "passed": event["data"]["total"] + 1, "meant": event["data"]["passed"]}
        return {**event, "id": f"wrong-{event['id']}", "data": data}

    def _of_unknown_type(self, chance: random.Random, day: int) -> Event:
        event = self._event(chance, day=day)
        return {**event, "type": f"{MENDED_LATER}{chance.randrange(MENDED_TYPES)}"}


def level(seed: int, line: str, on: date) -> float:
    """The share that passes on a line in the week of a day."""
    monday = on - timedelta(days=on.weekday())
    return _BAD if random.Random(f"{seed}/{line}/{monday}").random() < _BAD_WEEKS else _GOOD


def is_wrong(event: Event) -> bool:
    return int(event["data"]["passed"]) > int(event["data"]["total"])


def corrected(wrong: Event) -> Event:
    """What a person makes of a wrong event: what the system meant to send."""
    return {**wrong, "data": {**wrong["data"], "passed": wrong["data"]["meant"]}}
