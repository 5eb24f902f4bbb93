"""Which window of an indicator comes directly after which."""

from collections.abc import Callable

from services.analytics.domain.indicator import Indicator, RollingWindow
from shared.calendars.breaks import only_break_between
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window, follows, window_at

Follows = Callable[[Window, Window], bool]
"""Whether the second window comes directly after the first."""


def succession(indicator: Indicator, calendar: Calendar) -> Follows:
    """Tumbling windows follow where the one before ends, or after a break without a working day; rolling ones begin a step
    later; shifts go on over what lies between them, too.
    """
    cut = indicator.window.cut
    if isinstance(indicator.window, RollingWindow):
        return lambda earlier, later: later.start == window_at(calendar, cut, earlier.start).end

    def after_break_at_most(earlier: Window, later: Window) -> bool:
        if follows(calendar, cut, earlier=earlier, later=later):
            return True
        return later.start > earlier.end and only_break_between(calendar, cut, earlier=earlier, later=later)

    return after_break_at_most
