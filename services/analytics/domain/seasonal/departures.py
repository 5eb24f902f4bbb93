"""How a point departs from the season, from the recent level and from the point before it, in usual distances, and how rare that is."""

from typing import Final

from msgspec import Struct, field

from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.expectation import Expected
from services.analytics.domain.seasonal.judgement import Reason
from services.analytics.domain.seasonal.part import Part
from services.analytics.domain.seasonal.point import Point
from services.analytics.domain.seasonal.season import HOURS_OF_DAY, HourlyMeans
from services.analytics.domain.seasonal.tail import Tails

_FIRST_FEW: Final = (
    30.0  # points whose distances are taken as they are, and before which tails would be learned by wrong ones
)
_OUTLIER: Final = 6.0  # later ones are taken as at most so many usual ones
_NO_OUTLIER: Final = 1e100
_OUTLIER_OF_HOUR: Final = 20.0
_MOST_SMOOTHED: Final = 8.0  # usual distances; one wild point must not pass for many wrong ones
_MOST: Final = 100.0
_TRUST: Final = 20.0  # points; an hour met by so many has half a say in its own usual distance
_LONG_STEP: Final = 3.0
_STEP_MEMORY: Final = 100.0


class Measured(Struct, frozen=True, gc=False):
    """One point's departures in the value's unit, and what they are measured by.

    Attributes:
        usual: the usual distance from the season at the point's hour; above 0.
        unrest: how many times that is usual over all hours; at least 1.
        smallest: distances below are nobody's concern; above 0.
    """

    from_season: float
    from_level: float
    change: float
    usual: float
    unrest: float
    smallest: float


class Scaled(Struct, frozen=True, gc=False):
    """The same in usual distances, and the departure from the season smoothed over some points."""

    from_season: float
    from_level: float
    change: float
    smoothed: float


_KINDS: Final = (
    Reason.AWAY_FROM_SEASON,
    Reason.AWAY_FROM_RECENT_LEVEL,
    Reason.SUDDEN_CHANGE,
    Reason.AWAY_FOR_A_WHILE,
)
"""Of the departures in `Scaled`, in their order; of two that are as rare the first counts."""


class Rarest(Struct, frozen=True, gc=False):
    """The least likely departure: how rare, which, and how large in usual distances, with its sign."""

    rarity: float
    kind: Reason
    departure: float


STILL_LEARNING: Final = Rarest(0.0, Reason.LEARNING, 0.0)


class Departures(Part):
    """The recent level and value, the usual distances from them and from the season, and the tails of all departures."""

    points: float = 0.0
    step_seconds: float = 0.0
    last_value: float = 0.0
    level: float = 0.0
    level_spread: float = 0.0
    change_spread: float = 0.0
    hour_spreads: HourlyMeans = field(default_factory=lambda: HourlyMeans.over(HOURS_OF_DAY))
    smoothed: float = 0.0
    by_season: Tails = field(default_factory=Tails)
    by_level: Tails = field(default_factory=Tails)
    by_change: Tails = field(default_factory=Tails)
    by_smoothed: Tails = field(default_factory=Tails)

    def begin(self, value: float) -> None:
        """The first value is the recent level, and no change."""
        self.level = value
        self.last_value = value

    def measure(self, point: Point, expected: Expected, smallest: float, *, gap_steps: float) -> Measured:
        """After a gap the last value is no measure: there is no change then."""
        value = point.value
        gap = self.points > 1.0 and point.since_last > gap_steps * self.step_seconds
        unrest = self._unrest(point.hour, expected.usual_error)
        usual = expected.usual_error * unrest
        return Measured(
            value - expected.value,
            value - self.level,
            0.0 if gap else value - self.last_value,
            usual if usual > smallest else smallest,
            unrest,
            smallest,
        )

    def _unrest(self, hour: int, overall: float) -> float:
        if overall <= 0.0:
            return 1.0
        mean, known = self.hour_spreads.at(hour)
        own = (known * mean + _TRUST * overall) / (known + _TRUST)
        return own / overall if own > overall else 1.0

    def scale(self, measured: Measured, smoothed_points: float) -> Scaled:
        """The departures in usual distances, by what those were before this point."""
        unrest, smallest = measured.unrest, measured.smallest
        from_season = measured.from_season / measured.usual
        by_level, by_change = self.level_spread * unrest, self.change_spread * unrest
        return Scaled(
            _within(from_season, _MOST),
            _within(measured.from_level / (by_level if by_level > smallest else smallest), _MOST),
            _within(measured.change / (by_change if by_change > smallest else smallest), _MOST),
            self.smoothed + (_within(from_season, _MOST_SMOOTHED) - self.smoothed) / smoothed_points,
        )

    def rarest(self, scaled: Scaled, seasonal: Seasonal) -> Rarest:
        """Which of the departures is the least likely, by the tails learned before this point."""
        form = seasonal.tail
        departures = (scaled.from_season, scaled.from_level, scaled.change, scaled.smoothed)
        rarities = (
            self.by_season.rarity(departures[0], form),
            self.by_level.rarity(departures[1], form),
            self.by_change.rarity(departures[2], form),
            self.by_smoothed.rarity(departures[3], form),
        )
        rarity = max(rarities)
        which = rarities.index(rarity)
        return Rarest(min(rarity, seasonal.largest_rarity), _KINDS[which], departures[which])

    def learn(
        self, point: Point, measured: Measured, scaled: Scaled, *, expected: Expected, seasonal: Seasonal
    ) -> None:
        """Take in the point's departures, its value and its time."""
        points = self.points = self.points + 1.0
        self.smoothed = scaled.smoothed
        if points > _FIRST_FEW:
            form = seasonal.tail
            self.by_season.learn(scaled.from_season, form)
            self.by_level.learn(scaled.from_level, form)
            self.by_change.learn(scaled.change, form)
            self.by_smoothed.learn(scaled.smoothed, form)
        self._learn_spreads(point, measured, expected, seasonal=seasonal)
        self.last_value = point.value
        self.level += (point.value - self.level) / seasonal.recent_points
        self._learn_step(point.since_last)

    def _learn_spreads(self, point: Point, measured: Measured, expected: Expected, *, seasonal: Seasonal) -> None:
        points = self.points
        known = points if points < seasonal.spread_points else seasonal.spread_points
        outlier = _OUTLIER if points > _FIRST_FEW else _NO_OUTLIER
        self.level_spread += (_size(measured.from_level, self.level_spread, outlier) - self.level_spread) / known
        self.change_spread += (_size(measured.change, self.change_spread, outlier) - self.change_spread) / known
        away, most = abs(measured.from_season), _OUTLIER_OF_HOUR * expected.usual_error + measured.smallest
        self.hour_spreads.learn(point.hour_of_day, away if away < most else most, seasonal.hour_spread_points)

    def _learn_step(self, since_last: float) -> None:
        if self.points <= 2.0:
            self.step_seconds = since_last
            return
        usual = _LONG_STEP * self.step_seconds
        step = since_last if since_last < usual else usual
        self.step_seconds += (step - self.step_seconds) / (self.points if self.points < _STEP_MEMORY else _STEP_MEMORY)


def _within(distance: float, most: float) -> float:
    if distance > most:
        return most
    return distance if distance > -most else -most


def _size(departure: float, spread: float, outlier: float) -> float:
    """Of a departure, as at most `outlier` usual ones; where nothing is usual yet, as it is."""
    size = departure if departure > 0.0 else -departure
    most = outlier * spread
    return size if size < most or spread == 0.0 else most
