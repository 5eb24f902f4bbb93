"""What must come of the accepted events, in plain Python: dictionaries, datetimes, integers. It knows nothing of the product.

Each event counts once, by its first copy. A window is final once the slower of the two sources has come so far that its end and
the allowed lateness are passed; a late reading restates it, which makes it no less final.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from crash.comparison import Episode, Result, Subject, Value, ValueKey
from crash.plant import GOALS, LATENESS, LINES, LINES_OF_SOURCE, PIECES, RULE, RUN, TARGET, YIELD, ZONE
from crash.stream import Event, corrected, is_wrong

WRONG = "inconsistent-measures"
"""The reason that keeps a wrong event in quarantine."""


@dataclass
class Sent:
    """What was sent and acknowledged, and the wrong events that people released corrected, by id.

    An event of a type that a source learns later counts like any other: at the end they are all learned and replayed.
    """

    accepted: dict[tuple[str, str], Event] = field(default_factory=dict)
    wrong: dict[str, Event] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)

    def add(self, events: Iterable[Event]) -> None:
        """Events in the order of their acknowledgement; a known one changes nothing."""
        for event in events:
            if is_wrong(event):
                self.wrong.setdefault(event["id"], event)
            else:
                self.accepted.setdefault((event["source"], event["id"]), event)

    @property
    def counted(self) -> list[Event]:
        """One copy of everything that counts."""
        return [*self.accepted.values(), *(corrected(self.wrong[id_]) for id_ in self.released)]


def expected(sent: Sent, goal_sets: Sequence[str]) -> Result:
    """The result that everything sent must lead to.

    Args:
        goal_sets: the years whose goals are in force.
    """
    events = sent.counted
    until = min(max(_moment(event) for event in events if event["source"] == source) for source in LINES_OF_SOURCE)
    weeks = _weeks(events, until)
    episodes = Counter(
        [
            *(episode for line in LINES for episode in _episodes(RULE, line, weeks)),
            *(episode for year in goal_sets for episode in _goal_episodes(year, weeks)),
        ]
    )
    return Result(
        values={**weeks, **_days(events, until)},
        episodes=episodes,
        issues=Counter(episode.subject for episode in episodes.elements()),
        quarantine=_quarantine(sent),
    )


def _quarantine(sent: Sent) -> Counter[tuple[str, str, str]]:
    return Counter((id_, WRONG, "released" if id_ in sent.released else "open") for id_ in sent.wrong)


def _moment(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def _day(event: Event) -> date:
    return _moment(event).astimezone(ZONE).date()


def _begin(day: date) -> datetime:
    """Local midnight, in UTC."""
    return datetime.combine(day, time(0), ZONE).astimezone(UTC)


def _weeks(events: Sequence[Event], until: datetime) -> dict[ValueKey, Value]:
    cells: defaultdict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0, 0])
    for event in events:
        day = _day(event)
        cell = cells[event["data"]["line"], day - timedelta(days=day.weekday())]
        cell[0] += event["data"]["passed"]
        cell[1] += event["data"]["total"]
        cell[2] += 1
    return {
        ValueKey(YIELD, (("line", line),), _begin(monday)): Value(
            passed / total, count, _begin(monday + timedelta(days=7)) + LATENESS <= until
        )
        for (line, monday), (passed, total, count) in cells.items()
    }


def _days(events: Sequence[Event], until: datetime) -> dict[ValueKey, Value]:
    cells: defaultdict[tuple[str, str, date], list[int]] = defaultdict(lambda: [0, 0])
    for event in events:
        cell = cells[event["data"]["line"], event["data"]["product"], _day(event)]
        cell[0] += event["data"]["total"]
        cell[1] += 1
    return {
        ValueKey(PIECES, (("line", line), ("product", product)), _begin(day)): Value(
            float(total), count, _begin(day + timedelta(days=1)) + LATENESS <= until
        )
        for (line, product, day), (total, count) in cells.items()
    }


def _goal_episodes(year: str, weeks: Mapping[ValueKey, Value]) -> list[Episode]:
    """A goal judges the windows that begin in its year."""
    inside = {key: value for key, value in weeks.items() if key.start.astimezone(ZONE).year == int(year)}
    return _episodes(f"goal {year}", GOALS[year], inside)


def _episodes(rule: str, line: str, weeks: Mapping[ValueKey, Value]) -> list[Episode]:
    """A run of final weeks below target begins an episode, the first final week that meets it ends it."""
    subject: Subject = (("line", line),)
    found: list[Episode] = []
    run: list[datetime] = []
    raised: datetime | None = None
    for key in sorted(key for key, value in weeks.items() if key.subject == subject and value.is_final):
        below = weeks[key].value < TARGET
        follows = bool(run) and (key.start.astimezone(ZONE).date() - run[-1].astimezone(ZONE).date()).days == 7
        run = ([*run, key.start] if follows else [key.start]) if below else []
        if raised is None and len(run) == RUN:
            raised = key.start
        elif raised is not None and not below:
            found.append(Episode(rule, subject, raised, key.start))
            raised = None
    return found if raised is None else [*found, Episode(rule, subject, raised, None)]
