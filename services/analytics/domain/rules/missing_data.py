"""`missing_data`: how many readings each window has, against how many there should be. Judged is the number, never the value."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, ClassVar

from services.analytics.domain.episode import windows_before
from services.analytics.domain.finding import Comparator, Deviation, Finding, Language, Scene, Show
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rules.number_form import a_size
from shared.calendars.windows import Window
from shared.calendars.working_time import NoWorkingTime, WorkingTime, add_working_time, parse_working_time
from shared.runtime.duration import format_duration, parse_duration
from shared.runtime.form import Form, a_whole_number

USUAL_WINDOWS = 20
"""Over how many windows the usual number is the median of those with readings."""
LEAST_USUAL = 5
"""From how many windows with readings on there is a usual number."""

_LONGEST_DELAY = timedelta(days=366)
_MOST_READINGS = 10**9
_MOST_WINDOWS = 1000
_SEEN_WITHIN = 30

Delay = timedelta | WorkingTime

_AT_ONCE: Delay = timedelta(0)


@dataclass(frozen=True, slots=True)
class MissingData:
    """A window with fewer readings than it should have, none among them, lacks data; one with more has too many.

    Attributes:
        minimum_readings, maximum_readings: absolute bounds; None for no upper one.
        lowest_share, highest_share: bounds as shares of the usual number; None for none.
        seen_within: a subject is expected for so many windows after its last reading.
        late: how long after a window's end, and the indicator's allowed lateness, its readings may still come; `WorkingTime` counts
            in the calendar's working hours and days.
    """

    kind: ClassVar[str] = "missing_data"

    minimum_readings: int = 1
    maximum_readings: int | None = None
    lowest_share: float | None = None
    highest_share: float | None = None
    seen_within: int = _SEEN_WITHIN
    late: Delay = _AT_ONCE

    @property
    def is_pointwise(self) -> bool:
        return False

    @property
    def has_two_sides(self) -> bool:
        return self.maximum_readings is not None or self.highest_share is not None

    def deadline(self, window: Window, scene: Scene) -> datetime:
        """When the sources must have come so far that nothing more is to be expected of the window; its lateness not counted."""
        if isinstance(self.late, timedelta):
            return window.end + self.late
        try:
            return add_working_time(scene.calendar, window.end, self.late)
        except NoWorkingTime:
            return window.end  # such a calendar is a mistake; it comes to light by being strict

    def is_enough(self, count: int) -> bool:
        """Whether so many readings cannot be too few, whatever the usual number is."""
        return self.lowest_share is None and count >= self.minimum_readings

    def reads_from(self, start: datetime, scene: Scene) -> datetime:
        """Far enough for the reading from which on windows are expected."""
        windows = self.seen_within + (USUAL_WINDOWS if self._knows_usual else 0)
        return windows_before(start, windows, scene)

    def findings(self, values: Sequence[KpiValue], scene: Scene) -> Iterator[Finding | None]:
        """Of values as `expected_windows` makes them: of each window the number of its readings."""
        recent: deque[int] = deque(maxlen=USUAL_WINDOWS)
        previous: Window | None = None
        follows = scene.follows
        for value in values:
            if previous is not None and not follows(previous, value.window):
                recent.clear()
            previous = value.window
            finding = self._finding(value.sample_size, recent)
            recent.append(value.sample_size)
            is_free = finding.side == "below" and scene.is_break(value.window)
            yield None if is_free else finding

    @property
    def _knows_usual(self) -> bool:
        return self.lowest_share is not None or self.highest_share is not None

    def _finding(self, count: int, recent: Sequence[int]) -> Finding:
        least, most = self._bounds(recent)
        if count < least:
            return Finding("below", least, (least - count) / least)
        if most is not None and count > most:
            return Finding("above", most, (count - most) / most if most else float(count))
        return Finding(None, least)

    def _bounds(self, recent: Sequence[int]) -> tuple[float, float | None]:
        held = [count for count in recent if count] if self._knows_usual else []
        least, most = float(self.minimum_readings), self.maximum_readings
        if len(held) < LEAST_USUAL:
            return least, most
        usual = median(held)
        highest = [] if self.highest_share is None else [self.highest_share * usual]
        return (
            max(least, (self.lowest_share or 0.0) * usual),
            min([*highest, *([] if most is None else [float(most)])], default=None),
        )

    def good(self, side: Deviation) -> Comparator:
        return ">=" if side == "below" else "<="

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        del show
        if language == "en":
            return "lacked data" if side == "below" else "had too many readings"
        return "缺少数据" if side == "below" else "读数过多"

    def basis(self, language: Language, show: Show) -> str:
        del show
        bounds = [*self._absolute(language), *self._relative(language)]
        return f"expected {', '.join(bounds)}" if language == "en" else f"应有{'，'.join(bounds)}"

    def _absolute(self, language: Language) -> list[str]:
        least, most = self.minimum_readings, self.maximum_readings
        if language == "en":
            word = "reading" if least == 1 else "readings"
            return [f"at least {least} {word}", *([] if most is None else [f"at most {most}"])]
        return [f"至少 {least} 个读数", *([] if most is None else [f"至多 {most} 个"])]

    def _relative(self, language: Language) -> list[str]:
        words = {"en": ("at least", "at most", "of the usual number"), "zh": ("至少", "至多", "（与通常数量相比）")}[
            language
        ]
        shares = ((words[0], self.lowest_share), (words[1], self.highest_share))
        return [f"{word} {100 * share:.12g} % {words[2]}" for word, share in shares if share is not None]

    def body(self) -> Mapping[str, Any]:
        own = {
            "maximum_readings": self.maximum_readings,
            "lowest_share": self.lowest_share,
            "highest_share": self.highest_share,
        }
        return {
            "minimum_readings": self.minimum_readings,
            **{name: bound for name, bound in own.items() if bound is not None},
            "seen_within": self.seen_within,
            "late": format_delay(self.late),
        }


MISSING_DATA_FIELDS = (
    "minimum_readings",
    "maximum_readings",
    "lowest_share",
    "highest_share",
    "seen_within",
    "late",
)


def read_missing_data(form: Form) -> MissingData:
    """The fields of its own; what is wrong is reported to the form."""
    condition = MissingData(
        minimum_readings=form.read("minimum_readings", a_whole_number(1, _MOST_READINGS), 1),
        maximum_readings=form.read("maximum_readings", a_whole_number(1, _MOST_READINGS), None),
        lowest_share=form.read("lowest_share", _a_lowest_share, None),
        highest_share=form.read("highest_share", _a_highest_share, None),
        seen_within=form.read("seen_within", a_whole_number(1, _MOST_WINDOWS), _SEEN_WITHIN),
        late=form.read("late", a_delay, _AT_ONCE),
    )
    if condition.maximum_readings is not None and condition.maximum_readings < condition.minimum_readings:
        form.report("maximum_readings", f"is less than minimum_readings, {condition.minimum_readings}")
    return condition


def a_delay(value: Any) -> Delay:
    """`PT2H` of the clock, or `2h` or `1d` of working time."""
    if not isinstance(value, str):
        raise TypeError(_delay_remedy(value))
    try:
        return parse_duration(value, at_most=_LONGEST_DELAY) if value.startswith("P") else parse_working_time(value)
    except ValueError as error:
        raise ValueError(_delay_remedy(value)) from error


def format_delay(delay: Delay) -> str:
    """As it is written."""
    if isinstance(delay, timedelta):
        return format_duration(delay)
    return f"{delay.days}d" if delay.days else f"{delay.hours}h"


def _delay_remedy(value: Any) -> str:
    return f"{value!r} is no delay; write PT2H for two hours, or 2h or 1d for working hours or working days"


def _a_lowest_share(value: Any) -> float:
    share = a_size(value)
    if not 0 < share <= 1:
        raise ValueError(f"{value!r} is no share of the usual number; write for example 0.5 for half of it")
    return share


def _a_highest_share(value: Any) -> float:
    share = a_size(value)
    if share < 1:
        raise ValueError(f"{value!r} is less than the usual number; write for example 2 for twice of it")
    return share
