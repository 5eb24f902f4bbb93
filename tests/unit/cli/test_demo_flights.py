"""Flights as events: local time, and what became of each."""

from datetime import date
from pathlib import Path

import pytest

from services.cli.demo.flights import NoFlights, damaged, event_of, read_airlines, read_rows
from tests.unit.cli.year_of_flights import archive, flight, year

DAY = date(2013, 7, 4)

OUTCOMES = [("14", "on_time"), ("15", "late"), ("-20", "on_time"), ("NA", "diverted"), ("cancelled", "cancelled")]


@pytest.mark.parametrize(("late", "outcome"), OUTCOMES)
def test_on_time_is_less_than_fifteen_minutes_late(late: str, outcome: str) -> None:
    assert event_of(flight(DAY, 1, late=late))["data"]["outcome"] == outcome


@pytest.mark.parametrize(("departs", "at"), [("5", "00:05"), ("517", "05:17"), ("2359", "23:59")])
def test_the_scheduled_departure_is_local_time(departs: str, at: str) -> None:
    assert event_of(flight(DAY, 1, departs=departs))["data"]["scheduled_departure"] == f"2013-07-04T{at}"


def test_each_flight_has_an_id_of_its_own() -> None:
    rows = year()
    assert len({event_of(row)["id"] for row in rows}) == len(rows)


def test_a_cancelled_flight_has_no_departure_delay() -> None:
    assert event_of(flight(DAY, 1, late="cancelled"))["data"]["departure_delay"] is None


def test_broken_copies_have_ids_and_reasons_of_their_own() -> None:
    rows = year()
    broken = list(damaged(rows))
    assert len({reason for _, reason in broken}) == len(broken) == 5
    assert not {event["id"] for event, _ in broken} & {event_of(row)["id"] for row in rows}


def test_the_archive_is_read_in_the_order_of_departures(tmp_path: Path) -> None:
    packed = archive(tmp_path / "flights.tar.gz", reversed(year()))
    rows = read_rows(packed)
    assert sorted(rows) == sorted(year())
    departures = [(int(row.month), int(row.day), int(row.sched_dep_time)) for row in rows]
    assert departures == sorted(departures)
    assert read_airlines(packed) == {"UA": "United"}


def test_another_file_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.tar.gz"
    other.write_bytes(b"no archive")
    for path in (other, tmp_path / "missing"):
        with pytest.raises(NoFlights, match=path.name):
            read_rows(path)
