"""`andon load`: rows of a CSV, NDJSON or Parquet file as metric events, in batches over HTTP."""

import csv
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from services.cli.client import Client
from shared.events.blocks import UnreadableBlock, decode_parquet, rows_of

LINES_PER_BATCH = 5000
_LONGEST_NUMBER = 50
_NUMBER = re.compile(r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$", re.ASCII)


class CannotLoad(Exception):
    """The file cannot be read as rows, or lacks a column that was named."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a row becomes an event. Without `id_column` the id is `<file name>:<row number>`, the same at every load."""

    source: str
    event_type: str
    id_column: str | None
    time_column: str | None


@dataclass
class Loaded:
    """What became of the events."""

    accepted: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)


def load_file(client: Client, file: Path, form: Form, progress: Progress) -> Loaded:
    """Send every row, once all have been read without fault. Loading a file again changes no figure: events keep their ids.

    Raises:
        CannotLoad: naming row and column.
        CallFailed: the server refused or went away; load the file again.
    """
    task = progress.add_task(file.name, total=sum(1 for _ in _events(file, form)))
    loaded = Loaded()
    events = _events(file, form)
    while batch := list(itertools.islice(events, LINES_PER_BATCH)):
        lines = b"".join(json.dumps(event).encode() + b"\n" for event in batch)
        answer = client.post_lines("/v1/metric-events", lines)
        loaded.accepted += answer["accepted"]
        loaded.quarantined.update(item["reason"] for item in answer["rejected"])
        progress.advance(task, len(batch))
    return loaded


def progress_bar(console: Console | None = None) -> Progress:
    """A bar with counts and times, for whoever sends many events."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console)


def _events(file: Path, form: Form) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(_rows(file), start=1):
        yield _event(row, number, file, form)


def _event(row: dict[str, Any], number: int, file: Path, form: Form) -> dict[str, Any]:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": _column(row, form.id_column, number) if form.id_column else f"{file.name}:{number}",
        "source": form.source,
        "type": form.event_type,
        "data": row,
    }
    if form.time_column:
        event["time"] = _column(row, form.time_column, number)
    return event


def _column(row: dict[str, Any], name: str, number: int) -> str:
    if name not in row:
        raise CannotLoad(f"row {number} has no column {name!r}; it has {', '.join(row)}")
    return str(row[name])


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    readers = {".csv": _csv_rows, ".ndjson": _json_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise CannotLoad(f"{file}: name it *.csv, *.ndjson or *.parquet")
    if not file.exists():
        raise CannotLoad(f"{file}: there is no such file")
    return reader(file)


def _csv_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Values that read as numbers are sent as numbers; empty ones are left out."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            yield {name: _number_or_text(value) for name, value in row.items() if isinstance(value, str) and value}


def _number_or_text(text: str) -> int | float | str:
    """What JSON would call a number is one; `007`, `1,5` and what no double can hold stay text."""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return text
    number = float(text) if any(mark in text for mark in ".eE") else int(text)
    return number if math.isfinite(number) else text


def _json_rows(file: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise CannotLoad(f"{file}, line {number}: {error}") from error
        if not isinstance(row, dict):
            raise CannotLoad(f'{file}, line {number}: a row is an object such as {{"line": "A"}}')
        yield row


def _parquet_rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        yield from rows_of(decode_parquet(file.read_bytes()))
    except UnreadableBlock as error:
        raise CannotLoad(f"{file}: {error}") from error
