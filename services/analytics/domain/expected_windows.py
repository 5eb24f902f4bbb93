"""The windows that should have readings: those that have, and between and after them those that have none.

A subject is expected from its first reading on, in every window in which somebody works, until it has been silent for as long as the
rule says. A window is due once the sources have passed its deadline; one that has enough readings is in order before that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile, zip_longest

import polars as pl
from msgspec import structs

from services.analytics.domain.finding import Scene
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.missing_data import MissingData
from shared.calendars.windows import Window, next_window, shift_name, window_at

HELD = pl.Schema(
    {
        "series": pl.Binary(),
        "subject": pl.String(),
        "window_start": pl.Datetime("us", "UTC"),
        "sample_size": pl.Int64(),
    }
)
"""Windows with a value."""

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Sources that have come no further are taken as not known to have come anywhere."""
_MOMENT = timedelta(microseconds=1)
_END = datetime.max.replace(tzinfo=UTC)

Held = pl.DataFrame
"""Of schema HELD."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far windows have become due.

    Attributes:
        closes: how far the sources have come, less the indicator's allowed lateness; None while that is not known. It may go back
            when a source that was idle wakes up.
        looked_at: rule → the end of the last window that it has been asked about, which does not go back.
        passed: rule → of a derived indicator, the end of the last window that has come due on every partition.
    """

    closes: datetime | None = None
    looked_at: Mapping[str, datetime] = field(default_factory=dict)
    passed: Mapping[str, datetime] = field(default_factory=dict)


NOWHERE = Reach()


@dataclass(frozen=True, slots=True)
class Expectation:
    """A rule about missing data, and how far the windows of its indicator are due."""

    rule: str
    condition: MissingData
    scene: Scene
    reach: Reach

    def is_due(self, window: Window) -> bool:
        until = (self.reach.looked_at.get(self.rule), self.reach.passed.get(self.rule))
        if any(end is not None and window.end <= end for end in until):
            return True
        return self.reach.closes is not None and self.condition.deadline(window, self.scene) <= self.reach.closes

    def windows(self, values: Sequence[KpiValue]) -> list[KpiValue]:
        """What is judged: of each window the number of readings as its value, 0 of one without any.

        Args:
            values: of one subject, in order of their windows, those of open windows included.
        """
        found: list[KpiValue] = []
        # One that has lost its readings to corrections is as if it had never had any, or what is expected would hang on their order.
        with_readings = [value for value in values if value.sample_size]
        for value, later in zip_longest(with_readings, with_readings[1:]):
            if self.is_due(value.window) or self.condition.is_enough(value.sample_size):
                found.append(_counted(value))
            found += [_absent(value, window) for window in self._absent_after(value, later)]
        return found

    def _absent_after(self, value: KpiValue, later: KpiValue | None) -> Iterator[Window]:
        """The windows without a value that are due, until the next value or the end of what is expected."""
        until = _END if later is None else later.window.start
        following = islice(_expected_after(value.window, self.scene), self.condition.seen_within)
        return takewhile(lambda window: window.start < until and self.is_due(window), following)

    def due_after(self, moment: datetime) -> Iterator[Window]:
        """The windows that hold `moment` or come later, in order, as far as they are due."""
        cut = self.scene.indicator.window.cut
        window = window_at(self.scene.calendar, cut, moment)
        while self.is_due(window):
            yield window
            window = next_window(self.scene.calendar, cut, window)

    def due_until(self) -> datetime | None:
        """The end of the last window that is due; None while that is not known."""
        closes, cut = self.reach.closes, self.scene.indicator.window.cut
        if closes is None or closes < _EARLIEST:
            return None
        window = window_at(self.scene.calendar, cut, closes)
        while not self.is_due(window):
            window = window_at(self.scene.calendar, cut, window.start - _MOMENT)
        return window.end

    def lacking(self, held: Held, windows: Sequence[Window]) -> list[tuple[bytes, str]]:
        """(series, subject) of those that have a value in one of the windows, and may lack data in it or a later one."""
        wanted_starts = [one.start for one in windows if is_expected(one, self.scene)]
        starts = pl.Series(wanted_starts, dtype=HELD["window_start"])
        is_wanted = pl.col("window_start").is_in(starts.implode())
        is_certain = self.condition.lowest_share is None
        is_enough = pl.lit(is_certain) & (pl.col("sample_size") >= self.condition.minimum_readings)
        counted = held.group_by("series", "subject", maintain_order=True).agg(
            pl.col("window_start").min(), (is_wanted & is_enough).sum().alias("held")
        )
        wanted = starts.len() - starts.search_sorted(counted["window_start"])
        found = counted.filter(counted["held"] < wanted)
        return list(zip(found["series"].to_list(), found["subject"].to_list(), strict=True))


def seen_by(rule: Rule, values: Sequence[KpiValue], scene: Scene, *, reach: Reach) -> Sequence[KpiValue]:
    """What a rule judges: final and restated values, or the windows that should have readings.

    Args:
        values: of one subject, in order of their windows; those of open ones may be among them.
    """
    if isinstance(rule.condition, MissingData):
        return Expectation(rule.name, rule.condition, scene, reach).windows(values)
    return [value for value in values if value.status != "provisional"]


def is_expected(window: Window, scene: Scene) -> bool:
    """Whether somebody works in a window, and it is not the time between two shifts."""
    is_between = scene.indicator.window.cut == "shift" and bool(scene.calendar.shifts)
    return not (is_between and shift_name(scene.calendar, window.start) is None) and not scene.is_break(window)


def _expected_after(window: Window, scene: Scene) -> Iterator[Window]:
    while True:
        window = next_window(scene.calendar, scene.indicator.window.cut, window)
        if is_expected(window, scene):
            yield window


def _counted(value: KpiValue) -> KpiValue:
    return structs.replace(value, value=float(value.sample_size), numerator=None, denominator=None, judgement="judged")


def _absent(before: KpiValue, window: Window) -> KpiValue:
    return _counted(structs.replace(before, window=window, sample_size=0, status="final", revision=0))
