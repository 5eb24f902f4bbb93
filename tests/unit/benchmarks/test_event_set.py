"""The event set: as many events as asked for, of one length, in order, and the same each time."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

from benchmarks.event_set import EVENT_BYTES, LATENESS, EventSet


def _events(events: EventSet) -> list[tuple[bytes, bytes]]:
    return [one for chunk in events.chunks() for one in chunk]


def test_events_are_of_one_length_and_the_same_each_time() -> None:
    events = EventSet(2_000, subjects=50)
    made = _events(events)
    assert {len(value) for _, value in made} == {EVENT_BYTES}
    assert made == _events(events)
    assert len(made) == events.events + events.closing_events


def test_ids_differ_and_the_key_is_the_subject() -> None:
    made = [(key, json.loads(value)) for key, value in _events(EventSet(2_000, subjects=50))]
    assert len({event["id"] for _, event in made}) == len(made)
    assert all(event["data"]["line"] == key.decode() for key, event in made)
    assert len({key for key, _ in made}) == 50


def test_a_day_has_a_million_and_the_closing_events_close_every_window_of_the_set() -> None:
    events = EventSet(100_000)
    times = [datetime.fromisoformat(json.loads(value)["time"]) for _, value in _events(events)]
    assert times == sorted(times)
    assert times[events.events - 1] - times[0] < timedelta(days=0.1) <= events.ends - times[0]
    assert events.ends + LATENESS < times[events.events]


def test_every_event_can_become_a_reading() -> None:
    data = [json.loads(value)["data"] for _, value in _events(EventSet(2_000))]
    assert all(0 < one["passed"] <= one["total"] for one in data)


def test_a_span_may_be_given() -> None:
    made = _events(EventSet(1_000, span=timedelta(hours=1)))
    hours = Counter(datetime.fromisoformat(json.loads(value)["time"]).hour for _, value in made[:1_000])
    assert hours == {0: 1_000}
    assert EventSet(1_000, span=timedelta(hours=1)).ends == datetime(2026, 1, 5, 1, tzinfo=UTC)
