"""Which window of an indicator comes directly after which."""

from collections.abc import Callable

from services.analytics.domain.indicator import Indicator, RollingWindow
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window, follows, window_at

Follows = Callable[[Window, Window], bool]
"""Whether the second window comes directly after the first."""


def without_gap(earlier: Window, later: Window) -> bool:
    """`Follows` of windows that do not overlap."""
    return later.start == earlier.end


def succession(indicator: Indicator, calendar: Calendar) -> Follows:
    """Tumbling windows follow where the one before ends; rolling ones begin a step later; shifts go on over what lies between."""
    cut = indicator.window.cut
    if isinstance(indicator.window, RollingWindow):
        return lambda earlier, later: later.start == window_at(calendar, cut, earlier.start).end
    if cut == "shift":
        return lambda earlier, later: follows(calendar, cut, earlier=earlier, later=later)
    return without_gap
