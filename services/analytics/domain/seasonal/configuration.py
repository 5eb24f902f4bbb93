"""How the seasonal detector is set; the defaults are what ships, for every series alike."""

from dataclasses import dataclass, field, fields
from math import inf

from services.analytics.domain.seasonal.tail import TailForm


@dataclass(frozen=True, slots=True)
class Seasonal:
    """Memories are in points: once a mean has so many, each new one weighs one in so many.

    A rarity is minus the decimal logarithm of a chance: 3 is once in a thousand points.

    Attributes:
        surprising_from: the rarity from which a point is surprising, and begins an episode or makes it longer.
        largest_rarity: rarer things are not told apart; a score of 1.
        learning_points: how many points are only learned from.
        recent_points: memory of the recent level.
        smoothed_points: memory of the departure from the season that tells of many small ones.
        average_points: memory of the average that stands in for a season where there is none.
        day_points: memory of each hour of the day.
        week_points: memory of each hour of the week.
        fewest_points: an hour says nothing before it has been met by so many.
        spread_points: memory of how far values usually are from what is expected.
        hour_spread_points: the same for each hour of the day.
        smallest_spread: as a share of how much the series varies at all; departures below are nobody's concern.
        tail: how rarity is learned.
        rest_points: how long an episode lasts after its last surprising point.
        worse_by: how much rarer a point must be to be told again within an episode.
        habit_points: memory of how many episodes there have been.
        hour_habit_kept: which share of the episodes at an hour of the day is remembered the next day.
        gap_steps: after so many usual distances without a point, the last value is no measure of the next one.
    """

    surprising_from: float = 3.0
    largest_rarity: float = 6.0
    learning_points: float = 100.0
    recent_points: float = 24.0
    smoothed_points: float = 12.0
    average_points: float = 1000.0
    day_points: float = 60.0
    week_points: float = 20.0
    fewest_points: float = 3.0
    spread_points: float = 1000.0
    hour_spread_points: float = 100.0
    smallest_spread: float = 0.2
    tail: TailForm = field(default_factory=lambda: TailForm(share=0.03, memory=8000.0, heaviest=0.5))
    rest_points: float = 100.0
    worse_by: float = 1.0
    habit_points: float = 3000.0
    hour_habit_kept: float = 0.8
    gap_steps: float = 5.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name.endswith("_points") and not 1.0 <= value < inf:
                raise ValueError(f"{one.name} is {value}; write a number of points, at least 1")
            if one.name != "tail" and not 0.0 < value < inf:
                raise ValueError(f"{one.name} is {value}; write a number above 0")
        if self.hour_habit_kept >= 1.0:
            raise ValueError(
                f"hour_habit_kept is {self.hour_habit_kept}; write a share below 1, or habits are for ever"
            )
        if self.surprising_from > self.largest_rarity:
            raise ValueError(
                f"surprising_from is {self.surprising_from}; write at most {self.largest_rarity}, the largest rarity"
            )
