"""Which window of an indicator comes directly after which."""

from services.analytics.domain.indicator import Indicator, RollingWindow
from shared.calendars.breaks import is_break, only_break_between
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Cut, Window, follows, window_at


def comes_after(indicator: Indicator, calendar: Calendar, *, earlier: Window, later: Window) -> bool:
    """Whether the later window comes directly after the earlier one: tumbling ones where that ends, or after a break without a
    working day; rolling ones a step later; shifts go on over what lies between them, too.
    """
    cut = indicator.window.cut
    if isinstance(indicator.window, RollingWindow):
        return later.start == window_at(calendar, cut, earlier.start).end
    return adjoins(calendar, cut, earlier=earlier, later=later)


def adjoins(calendar: Calendar, cut: Cut, *, earlier: Window, later: Window) -> bool:
    """Whether the later window begins where the earlier ends, or after a break without a working day."""
    if follows(calendar, cut, earlier=earlier, later=later):
        return True
    return later.start > earlier.end and only_break_between(calendar, cut, earlier=earlier, later=later)


def ends_no_run(indicator: Indicator, calendar: Calendar, window: Window) -> bool:
    """Whether nobody works in a tumbling window, so that with too little to judge it is as if it were not there."""
    return not isinstance(indicator.window, RollingWindow) and is_break(calendar, indicator.window.cut, window)
