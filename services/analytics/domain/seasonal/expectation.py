"""What a value is expected to be: by the hour of the week, the hour of the day, or the average, whichever has erred least."""

from typing import Final

from msgspec import Struct, field

from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.part import Part
from services.analytics.domain.seasonal.point import Point
from services.analytics.domain.seasonal.season import HOURS_OF_DAY, HOURS_OF_WEEK, HourlyMeans

_TRIED_FOR: Final = 50.0  # points by which a season must have been tried before it is believed
_OUTLIER: Final = 6.0  # an error counts as at most so many times the usual deviation
_NOTHING: Final = 1e-100  # keeps divisions by a spread defined; far below any measure


class Expected(Struct, frozen=True, gc=False):
    """What each season expects of one point, None where it cannot tell; what is believed, and by how much that has usually erred."""

    value: float
    usual_error: float
    by_day: float | None
    by_week: float | None


class Expectation(Part):
    """Both seasons and the average, with how far each has usually erred."""

    points: float = 0.0
    average: float = 0.0
    deviation: float = 0.0
    average_error: float = 0.0
    day: HourlyMeans = field(default_factory=lambda: HourlyMeans.over(HOURS_OF_DAY))
    day_points: float = 0.0
    day_error: float = 0.0
    week: HourlyMeans = field(default_factory=lambda: HourlyMeans.over(HOURS_OF_WEEK))
    week_points: float = 0.0
    week_error: float = 0.0

    def begin(self, value: float) -> None:
        """The first value is the average until there are more."""
        self.average = value

    def expect(self, point: Point, seasonal: Seasonal) -> Expected:
        """By what was learned before; changes nothing and leaves the point's value alone."""
        by_day = self.day.expected(point.hour_of_day, seasonal.fewest_points)
        by_week = self.week.expected(point.hour_of_week, seasonal.fewest_points)
        value, error = self.average, self.average_error
        if by_day is not None and self.day_points > _TRIED_FOR and self.day_error < error:
            value, error = by_day, self.day_error
        if by_week is not None and self.week_points > _TRIED_FOR and self.week_error < error:
            value, error = by_week, self.week_error
        return Expected(value, error, by_day, by_week)

    def smallest_spread(self, seasonal: Seasonal) -> float:
        """In the value's unit; above 0 also for a constant series."""
        return seasonal.smallest_spread * self.deviation + 1e-9 * abs(self.average) + _NOTHING

    def learn(self, point: Point, expected: Expected, seasonal: Seasonal) -> None:
        """Take in a value and how far each expectation was from it."""
        value = point.value
        points = self.points = self.points + 1.0
        slowest = seasonal.spread_points
        away = abs(value - self.average)
        known = points if points < slowest else slowest
        self.deviation += (away - self.deviation) / known
        most = _OUTLIER * self.deviation
        self.average_error += ((away if away < most else most) - self.average_error) / known
        if expected.by_day is not None:
            points = self.day_points = self.day_points + 1.0
            error = abs(value - expected.by_day)
            known = points if points < slowest else slowest
            self.day_error += ((error if error < most else most) - self.day_error) / known
        if expected.by_week is not None:
            points = self.week_points = self.week_points + 1.0
            error = abs(value - expected.by_week)
            known = points if points < slowest else slowest
            self.week_error += ((error if error < most else most) - self.week_error) / known
        points, slowest = self.points, seasonal.average_points
        self.average += (value - self.average) / (points if points < slowest else slowest)
        self.day.learn(point.hour_of_day, value, seasonal.day_points)
        self.week.learn(point.hour_of_week, value, seasonal.week_points)
