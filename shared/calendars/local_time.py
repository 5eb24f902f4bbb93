"""Local times of a calendar's zone as moments."""

from datetime import UTC, date, datetime, time, timedelta

from shared.calendars.calendar import Calendar

_PRECISION = timedelta(microseconds=1)


def local_moment(calendar: Calendar, day: date, at: time) -> datetime:
    """When it is `at` on a local day, UTC. Where the clocks skip that time, the moment at which they skip it; where they
    repeat it, the first of the two.
    """
    local = datetime.combine(day, at, calendar.zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(calendar.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _change(calendar, local.replace(fold=1).astimezone(UTC), moment)


def local_midnight(calendar: Calendar, day: date) -> datetime:
    """When a local day begins, UTC; where the clocks skip midnight, the first moment that exists."""
    return local_moment(calendar, day, time(0))


def _change(calendar: Calendar, before: datetime, after: datetime) -> datetime:
    """The first moment at which the offset is that of `after`; there is one change between the two."""
    offset = after.astimezone(calendar.zone).utcoffset()
    while after - before > _PRECISION:
        middle = before + (after - before) // 2
        if middle.astimezone(calendar.zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
