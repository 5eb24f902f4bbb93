"""What is usual at an hour: running means by hour of the day or of the week."""

import struct
from typing import Final

from services.analytics.domain.seasonal.part import Part

HOURS_OF_DAY: Final = 24
HOURS_OF_WEEK: Final = 168
_HOUR: Final = struct.Struct("<2d")
_HOUR_BYTES: Final = _HOUR.size
_PLACE_MEMORY: Final = 100.0  # points


class HourlyMeans(Part):
    """A running mean for each hour of a cycle, constant time and memory.

    Each is the plain mean of its first values and forgets slowly later. A mean stands for the place in the hour where values usually
    lie: its middle for fine data, its beginning for those that come on the hour. Between these places of two hours it is
    interpolated, so that fine data do not step.

    Attributes:
        table: of each hour its mean, and of how many values that is.
    """

    table: bytearray
    values: float = 0.0
    place: float = 0.0

    @classmethod
    def over(cls, hours: int) -> "HourlyMeans":
        """A cycle of so many hours that knows nothing."""
        return cls(bytearray(hours * _HOUR.size))

    def at(self, hour: int) -> tuple[float, float]:
        """The mean at a whole hour, and of how many values it is."""
        return _HOUR.unpack_from(self.table, hour * _HOUR_BYTES)

    def expected(self, hour: float, fewest: float) -> float | None:
        """The usual value at this hour; None until the hour has been met by `fewest` values. `hour` counts from the cycle's start."""
        here = int(hour)
        at = here * _HOUR_BYTES
        mean, count = _HOUR.unpack_from(self.table, at)
        if count < fewest:
            return None
        past = hour - here - self.place
        beside = (at - _HOUR_BYTES if past < 0.0 else at + _HOUR_BYTES) % len(self.table)
        its_mean, its_count = _HOUR.unpack_from(self.table, beside)
        usual: float = mean if its_count < fewest else mean + abs(past) * (its_mean - mean)
        return usual

    def learn(self, hour: float, value: float, memory: float) -> None:
        """Take in one value; from `memory` values on, each weighs one in `memory`."""
        here = int(hour)
        if self.values < _PLACE_MEMORY:
            self.values += 1.0
        self.place += (hour - here - self.place) / self.values
        at = here * _HOUR_BYTES
        mean, count = _HOUR.unpack_from(self.table, at)
        count += 1.0
        if count > memory:
            count = memory
        _HOUR.pack_into(self.table, at, mean + (value - mean) / count, count)
