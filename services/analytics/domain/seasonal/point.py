"""One point of a series: as it is given, and as the parts of the detector look at it."""

from datetime import datetime
from typing import Final

from msgspec import Struct

_HOURS_PER_DAY: Final = 24
_SECONDS_PER_HOUR: Final = 3600.0


class Observation(Struct, frozen=True, gc=False):
    """What is to be judged.

    Attributes:
        time: in seconds since the epoch, UTC; later than the last one of the series.
        hour_of_week: the local hour since Monday 00:00, with fractions, from 0 to below 168. Daylight saving, holidays (as a Sunday,
            say) and where a week begins are the caller's.
        value: None and what is not finite are refused.
    """

    time: float
    hour_of_week: float
    value: float | None


def observed_at(moment: datetime, value: float | None, *, weekday: int | None = None) -> Observation:
    """The hour of the week is that of the moment's zone, so a day of 23 or 25 hours keeps its hours.

    Args:
        weekday: which one the day is as, from 0 for Monday; None for its own.

    Raises:
        ValueError: the moment has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give it that of the calendar")
    passed = (moment.minute * 60 + moment.second) / _SECONDS_PER_HOUR
    day = moment.weekday() if weekday is None else weekday
    return Observation(moment.timestamp(), day * _HOURS_PER_DAY + moment.hour + passed, value)


class Point(Struct, frozen=True, gc=False):
    """A value with its place in the day and the week.

    Attributes:
        since_last: seconds since the point before it; 0 for the first.
        hour_of_week: local, since Monday 00:00, with fractions.
        hour_of_day: the same since midnight.
        hour: of the day, whole.
    """

    value: float
    since_last: float
    hour_of_week: float
    hour_of_day: float
    hour: int
