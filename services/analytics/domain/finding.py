"""What a kind of rule says of one window, and what it may know when it judges."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Protocol, get_args

from msgspec import Struct

from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.succession import comes_after
from shared.calendars.breaks import is_break, longest_break
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window, next_window, shift_name, window_at

Comparator = Literal[">=", ">", "<=", "<"]
COMPARATORS: tuple[Comparator, ...] = get_args(Comparator)
Deviation = Literal["below", "above"]
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Reports = Literal["worse", "both"]
"""Whether a rule with two sides finds both, or only the one that is worse by the indicator's direction."""
REPORTS: tuple[Reports, ...] = get_args(Reports)
BEGINNING = "beginning"
"""The name of the phase that no rebase began."""


class Yardstick(Struct, frozen=True):
    """What a window was measured by, of a rule that learns it from the series.

    Attributes:
        centre: where the value was expected.
        lower, upper: limits of what is compared: the statistic if there is one, else the value; None where there are none.
        statistic: what is compared in place of the value, such as an average or a sum.
        phase: since when the same limits hold, by name; with `points` their version.
        points: how many windows stand behind the limits; 0 where they were given.
        patterns: what was found, by name, such as `N1`.
    """

    centre: float
    lower: float | None = None
    upper: float | None = None
    statistic: float | None = None
    phase: str = BEGINNING
    points: int = 0
    patterns: tuple[str, ...] = ()


class Finding(Struct, frozen=True):
    """A window that a rule could judge.

    Attributes:
        side: where the value lies that it finds; None for a window in order.
        limit: the value that separates the two, in the indicator's unit.
        size: how far the value lies from what it is compared with, in the unit in which the rule states sizes; 0 in order.
        compared: the other value that it was compared with, if it was one.
        yardstick: of rules that learn from the series.
    """

    side: Deviation | None
    limit: float
    size: float = 0.0
    compared: float | None = None
    yardstick: Yardstick | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """The indicator whose values are judged, and the calendar of its windows.

    Attributes:
        phases: those of the series that is judged that people have begun, ascending.
    """

    indicator: Indicator
    calendar: Calendar
    phases: tuple[BegunPhase, ...] = ()

    @property
    def phase_starts(self) -> tuple[datetime, ...]:
        return tuple(phase.starts_at for phase in self.phases)

    @property
    def worse(self) -> Deviation:
        """The side that is worse by the indicator's direction."""
        return "below" if self.indicator.direction == "higher_is_better" else "above"

    def follows(self, earlier: Window, later: Window) -> bool:
        """Whether the later window comes directly after the earlier one."""
        return comes_after(self.indicator, self.calendar, earlier=earlier, later=later)

    @property
    def longest_break(self) -> timedelta:
        """How long windows of a run may lie apart because nobody works between them."""
        return longest_break(self.calendar)

    def is_break(self, window: Window) -> bool:
        """Whether nobody works in a window, so that nothing is to be expected of it."""
        return is_break(self.calendar, self.indicator.window.cut, window)

    def counts_until(self, start: datetime, windows: int) -> datetime:
        """Start of the window that comes so many after the one at `start`; what lies between shifts does not count."""
        cut = self.indicator.window.cut
        found = window_at(self.calendar, cut, start)
        for _ in range(windows):
            found = next_window(self.calendar, cut, found)
            if cut == "shift" and self.calendar.shifts and shift_name(self.calendar, found.start) is None:
                found = next_window(self.calendar, cut, found)
        return found.start


Show = Callable[[float], str]
"""Writes a value of the indicator in its unit."""


class Condition(Protocol):
    """What one kind of rule asks of values."""

    kind: ClassVar[str]

    @property
    def is_pointwise(self) -> bool:
        """Whether each value is judged by itself."""
        ...

    @property
    def has_two_sides(self) -> bool: ...

    def reads_from(self, start: datetime, scene: Scene) -> datetime:
        """Where the values must begin that the judgement of the window at `start` rests on."""
        ...

    def findings(self, values: Sequence[KpiValue], scene: Scene) -> Iterator[Finding | None]:
        """One per value, in order; None for a window that cannot be judged. Rests on no later value."""
        ...

    def good(self, side: Deviation) -> Comparator:
        """How a value in order compares with the limit on this side."""
        ...

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        """What the values did: `was below 95 %`."""
        ...

    def basis(self, language: Language, show: Show) -> str:
        """What they were judged by: `target ≥ 95 %`."""
        ...

    def body(self) -> Mapping[str, Any]:
        """The fields of its own, as people write them."""
        ...


class Memory(Protocol):
    """What a condition knows of a series after the values it has seen; constant in size, whatever their number."""

    def findings(self, values: Sequence[KpiValue]) -> Iterator[Finding | None]:
        """Of the values that follow those seen; after the n-th finding it has seen n of them.

        The first values of a phase may be judged by what those after them say; `kept` is None as long as that is so.
        """
        ...

    def kept(self) -> bytes | None:
        """To go on from; None while more values may change what was found."""
        ...
