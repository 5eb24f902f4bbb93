"""What keeps the detector from telling the same thing again: episodes, and getting used to what happens often."""

import struct
from math import log10
from typing import Final

from msgspec import field

from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.part import Part
from services.analytics.domain.seasonal.point import Point
from services.analytics.domain.seasonal.season import HOURS_OF_DAY

_HABIT: Final = struct.Struct("<d")
_HOUR_WEIGHT: Final = 2.0  # what happens at this hour each day is less of a news than what happens now and then
_LONG_AGO: Final = 1e9
_SECONDS_PER_HOUR: Final = 3600.0


class Restraint(Part):
    """The present episode, and how many there have been: altogether, and at each hour of the day (a table of numbers)."""

    noted_ago: float = _LONG_AGO
    noted_rarity: float = 0.0
    habit: float = 0.0
    hour_habits: bytearray = field(default_factory=lambda: bytearray(HOURS_OF_DAY * _HABIT.size))
    last_hour: float = -1.0

    def pass_point(self, point: Point, seasonal: Seasonal) -> None:
        """Let time go by to the next point: the episode grows older, habits fade."""
        if self.noted_ago < _LONG_AGO:
            self.noted_ago += 1.0
        self.habit *= 1.0 - 1.0 / seasonal.habit_points
        if point.hour != self.last_hour or point.since_last >= _SECONDS_PER_HOUR:
            self.last_hour = float(point.hour)
            self._set_habit_at(point.hour, self.habit_at(point.hour) * seasonal.hour_habit_kept)

    def lowered(self, rarity: float, point: Point) -> float:
        """The rarity less what is usual of surprises here: with n of late, the next counts one in n + 1 of the first."""
        here = point.hour
        beside = (here - 1 if point.hour_of_day - here < 0.5 else here + 1) % HOURS_OF_DAY
        at_hour = max(self.habit_at(here), self.habit_at(beside))
        return rarity - log10(1.0 + self.habit) - _HOUR_WEIGHT * log10(1.0 + at_hour)

    def is_told(self, rarity: float, seasonal: Seasonal) -> bool:
        """Whether the present episode explains it; one that has become worse must be told again."""
        return self.noted_ago < seasonal.rest_points and rarity <= self.noted_rarity + seasonal.worse_by

    def note(self, rarity: float, point: Point, seasonal: Seasonal) -> None:
        """Begin an episode at this point, or make the present one longer."""
        if self.noted_ago >= seasonal.rest_points:
            self.habit += 1.0
            self._set_habit_at(point.hour, self.habit_at(point.hour) + 1.0)
        self.noted_ago = 0.0
        self.noted_rarity = rarity

    def habit_at(self, hour: int) -> float:
        """How many episodes there have been of late at this hour of the day."""
        habit: float = _HABIT.unpack_from(self.hour_habits, hour * _HABIT.size)[0]
        return habit

    def _set_habit_at(self, hour: int, habit: float) -> None:
        _HABIT.pack_into(self.hour_habits, hour * _HABIT.size, habit)
