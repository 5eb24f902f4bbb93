"""A made-up plant: what it defines, what it sends, and what must come of it, computed here in plain Python.

The arithmetic uses nothing of the product: datetimes, fractions and dictionaries. It is the reference for tests of the whole.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_MONDAY = date(2026, 3, 2)
LINES = ("A", "B", "C", "D", "E", "F")
TARGET = Fraction(95, 100)
LATENESS = timedelta(days=2)
"""More than a day's batch spans, so that no order of processing within a batch closes a week too early."""

DEFINITIONS: dict[str, dict[str, Any]] = {
    "calendars/plant-shanghai": {"time_zone": "Asia/Shanghai", "week_starts": "monday", "fiscal_year_starts": "01-01"},
    "reading-types/inspection": {
        "dimensions": ["line", "product"],
        "measures": {
            "inspected": {"unit": "1", "minimum": 0},
            "passed": {"unit": "1", "minimum": 0, "at_most": "inspected"},
        },
    },
    "sources/mes-7": {
        "reading_type": "inspection",
        "event_types": ["inspection.completed"],
        "dimensions": {"line": "data.line", "product": "data.product"},
        "measures": {"inspected": "data.total", "passed": "data.passed"},
        "horizon": "unlimited",
    },
    "indicators/first-pass-yield": {
        "title": {"en": "First-pass yield", "zh": "一次交验合格率"},
        "reading_type": "inspection",
        "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
        "by": ["line"],
        "window": {"kind": "tumbling", "every": "week"},
        "calendar": "plant-shanghai",
        "direction": "higher_is_better",
        "minimum_sample": 30,
        "allowed_lateness": "P2D",
    },
    "rules/yield-below-95": {
        "indicator": "first-pass-yield",
        "kind": "target",
        "comparator": ">=",
        "target": 0.95,
        "for_windows": 2,
        "severity": "major",
        "opens_issue": True,
    },
}


@dataclass(frozen=True, slots=True)
class WeekValue:
    """One line's week, as the reference has it."""

    line: str
    start: datetime
    numerator: float
    denominator: float
    sample_size: int
    status: str


@dataclass(frozen=True, slots=True)
class Episode:
    """One run of weeks below target on one line; `cleared` is None while it goes on."""

    line: str
    raised: datetime
    cleared: datetime | None


@dataclass(frozen=True, slots=True)
class Expected:
    values: frozenset[WeekValue]
    episodes: frozenset[Episode]
    issues: dict[str, int]
    """Line → how many episodes its one open issue has gathered."""


def batches(seed: int, weeks: int = 12) -> list[list[dict[str, Any]]]:
    """One batch of events a day, with repeats within and across batches and a few events that are wrong."""
    chance = random.Random(seed)
    level = {line: chance.choice((0.93, 0.955, 0.98)) for line in LINES}
    sent: list[dict[str, Any]] = []
    days = []
    for offset in range(weeks * 7):
        if offset % 7 == 0:
            level = {line: chance.choice((level[line], 0.93, 0.97)) for line in LINES}
        fresh = [_event(chance, offset, line, level[line]) for line in LINES for _ in range(chance.randint(0, 2))]
        repeated = chance.sample(sent, min(len(sent), 2)) + chance.sample(fresh, min(len(fresh), 1))
        wrong = [_wrong_event(offset)] if chance.random() < 0.1 else []
        batch = fresh + repeated + wrong
        chance.shuffle(batch)
        days.append(batch)
        sent.extend(fresh)
    return days


def _event(chance: random.Random, offset: int, line: str, level: float) -> dict[str, Any]:
    at = datetime.combine(FIRST_MONDAY + timedelta(days=offset), time(chance.randint(0, 23)), SHANGHAI)
    total = chance.randint(20, 120)
    return {
        "specversion": "1.0",
        "id": f"{line}-{offset}-{chance.getrandbits(48):x}",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {"line": line, "product": "pump", "total": total, "passed": round(total * level)},
    }


def _wrong_event(offset: int) -> dict[str, Any]:
    at = datetime.combine(FIRST_MONDAY + timedelta(days=offset), time(12), UTC)
    return {
        "specversion": "1.0",
        "id": f"wrong-{offset}",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": at.isoformat().replace("+00:00", "Z"),
        "data": {"line": "A", "product": "pump", "total": 50, "passed": 51},
    }


def ndjson(batch: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in batch).encode()


def expected(days: Sequence[Sequence[dict[str, Any]]]) -> Expected:
    """What must come of these batches: each event counted once, weeks closed by the data's own time."""
    events = {event["id"]: event for batch in days for event in batch if not event["id"].startswith("wrong")}
    watermark = max(_moment(event) for event in events.values())
    sums: defaultdict[tuple[str, datetime], list[int]] = defaultdict(lambda: [0, 0, 0])
    for event in events.values():
        cell = sums[event["data"]["line"], _week_start(_moment(event))]
        cell[0] += event["data"]["passed"]
        cell[1] += event["data"]["total"]
        cell[2] += 1
    values = frozenset(
        WeekValue(line, start, passed, total, count, _status(start, watermark))
        for (line, start), (passed, total, count) in sums.items()
    )
    episodes = frozenset(episode for line in LINES for episode in _episodes(line, values))
    issues = {line: sum(1 for episode in episodes if episode.line == line) for line in LINES}
    return Expected(values, episodes, {line: count for line, count in issues.items() if count})


def _moment(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["time"])


def _week_start(moment: datetime) -> datetime:
    day = moment.astimezone(SHANGHAI).date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(0), SHANGHAI).astimezone(UTC)


def _status(start: datetime, watermark: datetime) -> str:
    return "final" if watermark >= start + timedelta(days=7) + LATENESS else "provisional"


def _episodes(line: str, values: Iterable[WeekValue]) -> list[Episode]:
    """Two judged weeks in a row below target begin an episode; the first judged week that meets it ends it."""
    weeks = sorted((v for v in values if v.line == line and v.status == "final"), key=lambda value: value.start)
    found: list[Episode] = []
    run: list[datetime] = []
    raised: datetime | None = None
    for value in weeks:
        judged = value.denominator >= 30
        below = judged and Fraction(int(value.numerator), int(value.denominator)) < TARGET
        unbroken = bool(run) and value.start - run[-1] == timedelta(days=7)
        run = [*run, value.start] if below and unbroken else [value.start] if below else []
        if raised is None and len(run) == 2:
            raised = value.start
        elif raised is not None and judged and not below:
            found.append(Episode(line, raised, value.start))
            raised = None
    return found if raised is None else [*found, Episode(line, raised, None)]
