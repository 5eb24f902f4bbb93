"""Reads labelled series: `<group>/<name>.csv` with columns timestamp and value, and `windows.json` with the labels.

They are not part of the project: the Numenta Anomaly Benchmark publishes them (data v1.1, MIT licence). Of a copy of it, take the
folder `data` and put its `labels/combined_windows.json` into it as `windows.json`; files that are not there are left out.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.analytics.domain.seasonal.point import Observation, observed_at

HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Series:
    """One file.

    Attributes:
        stamps: the times as they stand in the file.
        windows: where something happened, as first and last row, both included.
    """

    group: str
    name: str
    stamps: tuple[str, ...]
    points: tuple[Observation, ...]
    windows: tuple[tuple[int, int], ...]

    @property
    def probation(self) -> int:
        """How many rows at the beginning do not count: 15 %, at most 750."""
        return min(int(0.15 * len(self.points)), 750)


def read_series(folder: Path) -> Iterator[Series]:
    """Each labelled file that is in the folder, in the order of the labels.

    Raises:
        FileNotFoundError: there is no `windows.json`.
    """
    labels = json.loads((folder / "windows.json").read_text())
    for path, windows in labels.items():
        if (folder / path).exists():
            yield _read(folder, path, windows)


def _read(folder: Path, path: str, windows: list[tuple[str, str]]) -> Series:
    with (folder / path).open(newline="") as file:
        rows = [(row["timestamp"], float(row["value"])) for row in csv.DictReader(file)]
    times = [datetime.fromisoformat(stamp).replace(tzinfo=UTC) for stamp, _ in rows]
    row_of = {time: index for index, time in enumerate(times)}
    group, _, name = path.partition("/")
    return Series(
        group=group,
        name=name,
        stamps=tuple(stamp for stamp, _ in rows),
        points=tuple(observed_at(time, value) for time, (_, value) in zip(times, rows, strict=True)),
        windows=tuple((row_of[_time(first)], row_of[_time(last)]) for first, last in windows),
    )


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
