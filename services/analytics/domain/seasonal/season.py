"""What is usual at an hour: running means by hour of the day or of the week."""

from typing import Final

HOURS_OF_DAY: Final = 24
HOURS_OF_WEEK: Final = 168
_PLACE_MEMORY: Final = 100.0  # points


class HourlyMeans:
    """A running mean for each hour of a cycle, constant time and memory.

    Each is the plain mean of its first values and forgets slowly later. A mean stands for the place in the hour where values usually
    lie: its middle for fine data, its beginning for those that come on the hour. Between these places of two hours it is
    interpolated, so that fine data do not step.
    """

    __slots__ = ("counts", "means", "place", "values")

    def __init__(self, hours: int) -> None:
        self.means = [0.0] * hours
        self.counts = [0.0] * hours
        self.values = 0.0
        self.place = 0.0

    def expected(self, hour: float, fewest: float) -> float | None:
        """The usual value at this hour; None until the hour has been met by `fewest` values. `hour` counts from the cycle's start."""
        here = int(hour)
        if self.counts[here] < fewest:
            return None
        past = hour - here - self.place
        beside = here - 1 if past < 0.0 else (here + 1) % len(self.means)
        mean = self.means[here]
        if self.counts[beside] < fewest:
            return mean
        return mean + abs(past) * (self.means[beside] - mean)

    def learn(self, hour: float, value: float, memory: float) -> None:
        """Take in one value; from `memory` values on, each weighs one in `memory`."""
        here = int(hour)
        if self.values < _PLACE_MEMORY:
            self.values += 1.0
        self.place += (hour - here - self.place) / self.values
        count = self.counts[here] + 1.0
        if count > memory:
            count = memory
        self.counts[here] = count
        self.means[here] += (value - self.means[here]) / count
