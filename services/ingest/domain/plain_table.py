"""What a scan of plain events looks for, as the table that `plain_json.py` reads."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal, get_args, get_origin

import numpy as np

from services.ingest.domain import plain_json as form

Path = tuple[str, ...]
_SOURCE: Path = ("source",)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field that a mapping reads: its type, and whether an event without it is wrong."""

    path: Path
    shape: Any
    required: bool


@dataclass(frozen=True, slots=True, eq=False)
class PlainTable:
    """A table before the first event, and where in it stands what is read.

    Attributes:
        names: bytes that the rows point into; they stand before the events.
        texts: path → row of the table, whose `PLACE` is still to be set.
        numbers: path → row of the numbers that are found.
        time: which of the texts is of no use once it is read as a time; None where it is wanted as text, too.
    """

    names: bytes
    rows: form.Rows
    texts: Mapping[Path, int]
    numbers: Mapping[Path, int]
    time: Path | None


def plain_table(source: str, leaves: Iterable[Leaf], *, as_text: Collection[Path], time: Path) -> PlainTable | None:
    """The table of a source's events; None where a field is read in two ways, which a scan cannot.

    Args:
        as_text: what the mapping reads as text; of the rest, numbers are read as numbers and texts are only compared.
        time: where the observed time is.
    """
    root = _Row((), form.OBJECT)
    for leaf in (Leaf(_SOURCE, Literal[source], required=True), *leaves):
        _put(root, leaf)
    rows = _in_order(root)
    texts = {row.path: number for number, row in enumerate(rows) if row.kind >= form.TEXT}
    if not texts.keys() >= {*as_text, time} - {_SOURCE}:
        return None
    if time in texts:
        rows[texts[time]].kind = form.TIME
    numbers = [row for row in rows if row.kind == form.NUMBER]
    for place, row in enumerate(numbers):
        row.place = place
    names = [row.name.encode() for row in rows]
    places = {row.path: row.place for row in numbers}
    return PlainTable(b"".join(names), _table(rows, names), texts, places, None if time in as_text else time)


@dataclass(slots=True, eq=False)
class _Row:
    """A field by its path, or below one of a list of texts each of these texts."""

    path: Path
    kind: int
    required: bool = False
    below: list["_Row"] = field(default_factory=list)
    first: int = 0
    parent: int = 0
    place: int = 0

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""


def _put(root: _Row, leaf: Leaf) -> None:
    """Put a field below the objects that lead to it."""
    parent = root
    for depth in range(1, len(leaf.path)):
        path = leaf.path[:depth]
        known = next((row for row in parent.below if row.path == path), None)
        if known is None:
            known = _Row(path, form.OBJECT)
            parent.below.append(known)
        parent = known
    parent.below.append(_field(leaf))


def _field(leaf: Leaf) -> _Row:
    if get_origin(leaf.shape) is Literal:
        listed = [_Row((text,), form.UNREAD) for text in get_args(leaf.shape)]
        return _Row(leaf.path, form.ONE_OF, required=True, below=listed)
    if leaf.shape is float:
        return _Row(leaf.path, form.NUMBER, leaf.required)
    # A column of texts has one for each event: an event without one is read the exact way.
    return _Row(leaf.path, form.TEXT if leaf.shape is str else form.SCALAR, required=True)


def _in_order(root: _Row) -> list[_Row]:
    """The rows, those that have one parent side by side."""
    words = [_Row((word,), form.UNREAD) for word in ("null", "true", "false")]
    rows = [root, _Row((), form.UNREAD), _Row((), form.UNREAD, below=words)]
    waiting = deque([(int(form.WORDS), rows[form.WORDS]), (int(form.ROOT), root)])
    while waiting:
        number, parent = waiting.popleft()
        parent.first = len(rows)
        for row in parent.below:
            row.parent = number
            waiting.append((len(rows), row))
            rows.append(row)
    return rows


def _table(rows: Sequence[_Row], names: Sequence[bytes]) -> form.Rows:
    table = np.zeros((len(rows), 9), dtype=np.uint64)
    table[:, form.LENGTH] = lengths = [len(name) for name in names]
    table[:, form.BEGINS] = [1 + before for before in accumulate(lengths, initial=0)][:-1]
    table[:, form.KIND] = [row.kind for row in rows]
    table[:, form.PLACE] = [row.place for row in rows]
    table[:, form.FIRST] = [row.first for row in rows]
    table[:, form.LAST] = [row.first + len(row.below) for row in rows]
    table[:, form.PARENT] = [row.parent for row in rows]
    table[:, form.REQUIRED] = required = [row.required for row in rows]
    table[form.ROOT, form.REQUIRED] = sum(required)
    table[form.ROOT, form.PLACE] = 2 + sum(lengths)
    return table
