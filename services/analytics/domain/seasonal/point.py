"""One point of a series: as it is given, and as the parts of the detector look at it."""

from typing import NamedTuple


class Observation(NamedTuple):
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


class Point(NamedTuple):
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
