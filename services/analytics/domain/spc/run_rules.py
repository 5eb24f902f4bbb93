"""Run rules: patterns of points that chance alone seldom makes, as small machines that see one point after the other.

A rule's *memory* is two whole numbers, so that a store can keep it and its size never grows. Shapes after Nelson 1984, "The
Shewhart control chart: tests for special causes", Journal of Quality Technology 16, and the Western Electric Statistical
Quality Control Handbook 1956; intervals between two lines after Champ & Woodall 1987, Technometrics 29.

Beyond a line is strict; within includes the line. A value on the centre belongs to no side; equal neighbours neither rise nor
fall. A rule fires at the point that completes its pattern and at every further point for which the pattern holds.
"""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from services.analytics.domain.spc.arguments import Flags, Floats, at_least
from services.analytics.domain.spc.errors import InvalidStatisticsInput
from services.analytics.domain.spc.panel import ON_THE_LINE, Side

Memory = tuple[int, int]
Rises = np.ndarray[tuple[int], np.dtype[np.int8]]
"""Per point 1, 0 or -1: how the plotted value compares with the one before; 0 for the first."""

EMPTY: Memory = (0, 0)
Found = tuple[tuple[Side | None, int], ...]
"""Per side that fires: the points of the pattern as bits, the newest point in bit 0."""
_NOTHING: Found = ()


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Where a rule fires in a whole series: at `flagged`; the points concerned are those of the window that are `members`."""

    side: Side | None
    flagged: Flags
    members: Flags


class RunRule(Protocol):
    """One rule. `step` and `patterns` say the same, point by point and for a whole series at once."""

    @property
    def name(self) -> str: ...

    @property
    def window(self) -> int:
        """How many points the pattern spans."""
        ...

    @property
    def lines(self) -> tuple[float, ...]:
        """Distances from the centre, in sigmas, at which the judgement of a point changes."""
        ...

    def step(self, memory: Memory, z: float, rise: int, /) -> tuple[Memory, Found]: ...

    def patterns(self, z: Floats, rises: Rises, /) -> list[Pattern]: ...

    def reduced(self, memory: Memory) -> Memory:
        """The memory without what can no longer complete a pattern; equal memories have equal futures."""
        ...


@dataclass(frozen=True, slots=True)
class Beyond:
    """`needed` of `window` points between `line` and `outer` sigmas, all on one side, the newest among them.

    With needed = window = 1 the control limit itself; with line 0 and needed = window a run on one side of the centre.

    Attributes:
        side: which side may fire.
    """

    name: str
    line: float
    needed: int = 1
    window: int = 1
    outer: float = math.inf
    side: Literal["both", "above", "below"] = "both"

    def __post_init__(self) -> None:
        at_least("needed", self.needed, least=1)
        at_least("window", self.window, least=self.needed, remedy="a window holds at least the points needed")
        at_least("line", self.line, least=0, remedy="lines are given as distances from the centre, in sigmas")
        if not self.outer > self.line:
            raise InvalidStatisticsInput(
                "outer", problem=f"is {self.outer}", remedy="give a line farther out than `line`"
            )

    @property
    def lines(self) -> tuple[float, ...]:
        return (self.line, self.outer)

    def step(self, memory: Memory, z: float, _rise: int) -> tuple[Memory, Found]:
        above = self.line + ON_THE_LINE < z <= self.outer + ON_THE_LINE and self.side != "below"
        below = self.line + ON_THE_LINE < -z <= self.outer + ON_THE_LINE and self.side != "above"
        full = (1 << self.window) - 1
        up, down = (memory[0] << 1 | above) & full, (memory[1] << 1 | below) & full
        if above and up.bit_count() >= self.needed:
            return (up, down), (("above", up),)
        if below and down.bit_count() >= self.needed:
            return (up, down), (("below", down),)
        return (up, down), _NOTHING

    def patterns(self, z: Floats, _rises: Rises) -> list[Pattern]:
        found = []
        for side, distance in (("above", z), ("below", -z)):
            if self.side in ("both", side):
                inside = (distance > self.line + ON_THE_LINE) & (distance <= self.outer + ON_THE_LINE)
                flagged = inside & (_in_window(inside, self.window) >= self.needed)
                found.append(Pattern("above" if side == "above" else "below", flagged, inside))
        return found

    def reduced(self, memory: Memory) -> Memory:
        return self._reduced(memory[0]), self._reduced(memory[1])

    def _reduced(self, bits: int) -> int:
        """Drops the oldest point while not even an unbroken row of hits from now on would complete a pattern with it."""
        bits &= (1 << (self.window - 1)) - 1
        while bits:
            oldest = bits.bit_length() - 1
            steps = range(1, self.window - oldest)
            if any((bits & ((1 << (self.window - more)) - 1)).bit_count() + more >= self.needed for more in steps):
                return bits
            bits &= ~(1 << oldest)
        return bits


@dataclass(frozen=True, slots=True)
class Trend:
    """`points` in a row, each above the one before (or each below): points - 1 steps of the plotted values."""

    name: str
    points: int = 6

    def __post_init__(self) -> None:
        at_least("points", self.points, least=2)

    @property
    def window(self) -> int:
        return self.points

    @property
    def lines(self) -> tuple[float, ...]:
        return ()

    def step(self, memory: Memory, _z: float, rise: int) -> tuple[Memory, Found]:
        """Memory: steps so far in one direction, negative when falling."""
        if rise == 0:
            return EMPTY, _NOTHING
        count = memory[0] + rise if memory[0] * rise > 0 else rise
        most = self.points - 1
        if abs(count) < most:
            return (count, 0), _NOTHING
        return (rise * most, 0), (("above" if rise > 0 else "below", (1 << self.points) - 1),)

    def patterns(self, z: Floats, rises: Rises) -> list[Pattern]:
        everything = np.ones(len(z), dtype=np.bool_)
        steps = self.points - 1
        return [
            Pattern("above", _in_window(rises > 0, steps) == steps, everything),
            Pattern("below", _in_window(rises < 0, steps) == steps, everything),
        ]

    def reduced(self, memory: Memory) -> Memory:
        return memory


@dataclass(frozen=True, slots=True)
class Alternation:
    """`points` in a row, up and down in turn: points - 1 steps, whatever the level. It has no side."""

    name: str
    points: int = 14

    def __post_init__(self) -> None:
        at_least("points", self.points, least=3)

    @property
    def window(self) -> int:
        return self.points

    @property
    def lines(self) -> tuple[float, ...]:
        return ()

    def step(self, memory: Memory, _z: float, rise: int) -> tuple[Memory, Found]:
        """Memory: steps so far, and the direction of the last."""
        if rise == 0:
            return EMPTY, _NOTHING
        count = memory[0] + 1 if memory[1] == -rise else 1
        most = self.points - 1
        if count < most:
            return (count, rise), _NOTHING
        return (most, rise), ((None, (1 << self.points) - 1),)

    def patterns(self, z: Floats, rises: Rises) -> list[Pattern]:
        turns = np.zeros(len(z), dtype=np.bool_)
        turns[1:] = rises[1:] * rises[:-1] < 0
        needed = self.points - 2
        return [Pattern(None, _in_window(turns, needed) == needed, np.ones(len(z), dtype=np.bool_))]

    def reduced(self, memory: Memory) -> Memory:
        return memory


@dataclass(frozen=True, slots=True)
class Hugging:
    """`points` in a row within `line` sigmas of the centre, the line included: too good to be true. It has no side."""

    name: str
    points: int = 15
    line: float = 1.0

    def __post_init__(self) -> None:
        at_least("points", self.points, least=1)
        at_least("line", self.line, least=0)

    @property
    def window(self) -> int:
        return self.points

    @property
    def lines(self) -> tuple[float, ...]:
        return (self.line,)

    def step(self, memory: Memory, z: float, _rise: int) -> tuple[Memory, Found]:
        """Memory: points so far."""
        if abs(z) > self.line + ON_THE_LINE:
            return EMPTY, _NOTHING
        count = memory[0] + 1
        if count < self.points:
            return (count, 0), _NOTHING
        return (self.points, 0), ((None, (1 << self.points) - 1),)

    def patterns(self, z: Floats, _rises: Rises) -> list[Pattern]:
        inside = np.abs(z) <= self.line + ON_THE_LINE
        return [Pattern(None, _in_window(inside, self.points) == self.points, inside)]

    def reduced(self, memory: Memory) -> Memory:
        return min(memory[0], self.points - 1), 0


@dataclass(frozen=True, slots=True)
class Avoiding:
    """`points` in a row farther than `line` sigmas from the centre, both sides present: two processes in one. It has no side."""

    name: str
    points: int = 8
    line: float = 1.0

    def __post_init__(self) -> None:
        at_least("points", self.points, least=2)
        at_least("line", self.line, least=0)

    @property
    def window(self) -> int:
        return self.points

    @property
    def lines(self) -> tuple[float, ...]:
        return (self.line,)

    def step(self, memory: Memory, z: float, _rise: int) -> tuple[Memory, Found]:
        """Memory: the points of an unbroken row outside the line, as bits above and bits below."""
        line = self.line + ON_THE_LINE
        if abs(z) <= line:
            return EMPTY, _NOTHING
        full = (1 << self.points) - 1
        up, down = (memory[0] << 1 | (z > line)) & full, (memory[1] << 1 | (z < -line)) & full
        if up | down == full and up and down:
            return (up, down), ((None, full),)
        return (up, down), _NOTHING

    def patterns(self, z: Floats, _rises: Rises) -> list[Pattern]:
        line = self.line + ON_THE_LINE
        above, below = _in_window(z > line, self.points), _in_window(z < -line, self.points)
        flagged = (above + below == self.points) & (above > 0) & (below > 0)
        return [Pattern(None, flagged, np.abs(z) > line)]

    def reduced(self, memory: Memory) -> Memory:
        """Behind the newest row on one side only the fact matters that the other side occurred, and how long ago it began."""
        full = (1 << (self.points - 1)) - 1
        up, down = memory[0] & full, memory[1] & full
        length, newest, other = (up | down).bit_length(), up, down
        if down & 1:
            newest, other = down, up
        row = (~newest & (newest + 1)).bit_length() - 1 if other else length
        same, rest = (1 << row) - 1, ((1 << length) - 1) & ~((1 << row) - 1)
        return (rest, same) if down & 1 else (same, rest)


def _in_window(members: Flags, window: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many of the last `window` points are members; before the first point there are none."""
    total = np.concatenate(([0], np.cumsum(members)))
    ends = np.arange(1, len(members) + 1)
    return np.asarray(total[ends] - total[np.maximum(ends - window, 0)], dtype=np.int64)
