"""Events of one source by columns, however they were read: what a mapping is made of."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import polars as pl

from services.ingest.domain.checks import Check
from services.ingest.domain.plain_events import PlainColumns
from services.ingest.domain.plain_table import Path, PlainTable
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.source import Source, canonical_text

Event = Any
"""An instance of a generated structure."""


@dataclass(frozen=True, slots=True, eq=False)
class SourcePlan:
    """A source with what was made of its mapping: a structure, where its columns are found in it, and its checks.

    Attributes:
        table: how its events are scanned; None where they cannot be.
    """

    source: Source
    reading_type: ReadingType
    structure: type[msgspec.Struct]
    getters: Mapping[Path, Callable[[Event], Any]]
    checks: tuple[Check, ...]
    table: PlainTable | None


class EventColumns(Protocol):
    """What stands at the paths that a mapping reads, of some events of one source."""

    @property
    def plan(self) -> SourcePlan: ...

    @property
    def checks(self) -> Sequence[Check]:
        """Those of the plan that one of these events may fail."""
        ...

    @property
    def indices(self) -> Sequence[int]:
        """Of these events in their batch, ascending."""
        ...

    def texts(self, path: Path) -> pl.Series:
        """As text; null where nothing stands."""
        ...

    def numbers(self, path: Path) -> pl.Series:
        """As float64; null where nothing stands."""
        ...

    def times(self) -> pl.Series | None:
        """Observed, in UTC; None where they are still to be read from their texts."""
        ...

    def found(self, index: int, path: Path) -> Any:
        """What stands in one event, as it was sent."""
        ...


@dataclass(frozen=True, slots=True)
class DecodedEvents:
    """`EventColumns` of structures."""

    plan: SourcePlan
    events: Sequence[Event]
    indices: Sequence[int]

    @property
    def checks(self) -> Sequence[Check]:
        return self.plan.checks

    def texts(self, path: Path) -> pl.Series:
        if path == ("source",):
            return _constant(self.plan, len(self.events))
        values = list(map(self.plan.getters[path], self.events))
        if set(map(type, values)) != {str}:
            values = [value if value is None or type(value) is str else canonical_text(value) for value in values]
        return pl.Series(values, dtype=pl.String)

    def numbers(self, path: Path) -> pl.Series:
        return pl.Series(list(map(self.plan.getters[path], self.events)), dtype=pl.Float64)

    def times(self) -> pl.Series | None:
        return None

    def found(self, index: int, path: Path) -> Any:
        return found_in(self.plan, self.events[bisect_left(self.indices, index)], path)


@dataclass(frozen=True, slots=True)
class ScannedEvents:
    """`EventColumns` of a scan.

    Attributes:
        decode: reads the event of an index one by one.
    """

    plan: SourcePlan
    columns: PlainColumns
    indices: Sequence[int]
    decode: Callable[[int], Event]

    @property
    def checks(self) -> Sequence[Check]:
        checks = self.plan.checks
        return checks if self.columns.times is None else [check for check in checks if check.may_fail_plain]

    def texts(self, path: Path) -> pl.Series:
        return _constant(self.plan, len(self.indices)) if path == ("source",) else self.columns.texts[path]

    def numbers(self, path: Path) -> pl.Series:
        return self.columns.numbers[path]

    def times(self) -> pl.Series | None:
        return None if self.columns.times is None else self.columns.times.cast(pl.Datetime("us", "UTC"))

    def found(self, index: int, path: Path) -> Any:
        return found_in(self.plan, self.decode(index), path)


def found_in(plan: SourcePlan, event: Event, path: Path) -> Any:
    """What stands at a path of one event."""
    return plan.source.name if path == ("source",) else plan.getters[path](event)


def _constant(plan: SourcePlan, count: int) -> pl.Series:
    return pl.Series([plan.source.name], dtype=pl.String).new_from_index(0, count)
