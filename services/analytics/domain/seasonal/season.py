"""What is usual at an hour: running means by hour of the day or of the week."""

HOURS_OF_DAY = 24
HOURS_OF_WEEK = 168


class HourlyMeans:
    """A running mean for each hour of a cycle, constant time and memory.

    Each is the plain mean of its first values and forgets slowly later; between the middles of two hours it is interpolated, so
    that data finer than an hour do not step.
    """

    __slots__ = ("counts", "means")

    def __init__(self, hours: int) -> None:
        self.means = [0.0] * hours
        self.counts = [0.0] * hours

    def expected(self, hour: float, fewest: float) -> float | None:
        """The usual value at this hour; None until the hour has been met by `fewest` values. `hour` counts from the cycle's start."""
        here = int(hour)
        if self.counts[here] < fewest:
            return None
        past_middle = hour - here - 0.5
        beside = here - 1 if past_middle < 0.0 else (here + 1) % len(self.means)
        mean = self.means[here]
        if self.counts[beside] < fewest:
            return mean
        return mean + abs(past_middle) * (self.means[beside] - mean)

    def learn(self, hour: float, value: float, memory: float) -> None:
        """Take in one value; from `memory` values on, each weighs one in `memory`."""
        here = int(hour)
        count = self.counts[here] + 1.0
        if count > memory:
            count = memory
        self.counts[here] = count
        self.means[here] += (value - self.means[here]) / count
