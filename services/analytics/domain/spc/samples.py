"""Samples: what was observed, in time order, in the form that a kind of chart needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.analytics.domain.spc.arguments import (
    Flags,
    Floats,
    Numbers,
    finite_array,
    non_negative_array,
    per_point,
    positive_array,
    same_length,
)
from services.analytics.domain.spc.errors import InvalidStatisticsInput


@dataclass(frozen=True, slots=True, eq=False)
class Individuals:
    """Single values with the moving range that ends at each of them; NaN where no range counts."""

    values: Floats
    moving_ranges: Floats

    @classmethod
    def of(cls, values: Numbers) -> Self:
        checked = finite_array("values", values)
        ranges = np.full(len(checked), np.nan)
        ranges[1:] = np.abs(np.diff(checked))
        return cls(checked, ranges)

    def __len__(self) -> int:
        return len(self.values)

    def chosen(self, which: Flags) -> Self:
        """The chosen points. A moving range stays only if both of its points do: it never bridges what was left out."""
        both = which & np.roll(which, 1)
        both[:1] = False
        return type(self)(self.values[which], np.where(both, self.moving_ranges, np.nan)[which])


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups:
    """Subgroups by size, mean, range and sample standard deviation (n - 1); a spread of a single value is 0 and counts nothing."""

    sizes: Floats
    means: Floats
    ranges: Floats
    deviations: Floats

    @classmethod
    def of(cls, groups: Sequence[Numbers]) -> Self:
        """From the observations themselves; subgroups may differ in size."""
        arrays = [finite_array(f"groups/{place}", group) for place, group in enumerate(groups)]
        for place, array in enumerate(arrays):
            if not array.size:
                raise InvalidStatisticsInput(f"groups/{place}", problem="is empty", remedy="leave empty subgroups out")
        return cls(
            np.array([float(array.size) for array in arrays]),
            np.array([mean_of(array) for array in arrays]),
            np.array([float(np.ptp(array)) for array in arrays]),
            np.array([float(array.std(ddof=1)) if array.size > 1 and np.ptp(array) > 0 else 0.0 for array in arrays]),
        )

    @classmethod
    def from_moments(cls, sizes: Numbers, *, means: Numbers, deviations: Numbers) -> Self:
        """From what a pane keeps; ranges are unknown (NaN), so that only charts of s can be drawn."""
        n = positive_array("sizes", sizes)
        centre, spread = finite_array("means", means), non_negative_array("deviations", deviations)
        same_length("means", centre, points=len(n))
        same_length("deviations", spread, points=len(n))
        return cls(n, centre, np.full(len(n), np.nan), spread)

    def __len__(self) -> int:
        return len(self.means)

    def chosen(self, which: Flags) -> Self:
        return type(self)(self.sizes[which], self.means[which], self.ranges[which], self.deviations[which])


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How many of a kind were counted, and in how much: trials of a proportion, or area of opportunity of a rate."""

    counts: Floats
    sizes: Floats

    @classmethod
    def of(cls, counts: Numbers, sizes: Numbers | float = 1.0) -> Self:
        checked = non_negative_array("counts", counts)
        return cls(checked, per_point("sizes", sizes, points=len(checked)))

    @classmethod
    def of_trials(cls, counts: Numbers, trials: Numbers | float) -> Self:
        """Counts that cannot exceed their trials."""
        sample = cls.of(counts, trials)
        over = np.flatnonzero(sample.counts > sample.sizes)
        if over.size:
            raise InvalidStatisticsInput(
                f"counts/{over[0]}",
                problem="is more than its trials",
                remedy="count events in an area with a rate (u chart)",
            )
        return sample

    @property
    def shares(self) -> Floats:
        return self.counts / self.sizes

    def __len__(self) -> int:
        return len(self.counts)

    def chosen(self, which: Flags) -> Self:
        return type(self)(self.counts[which], self.sizes[which])


def mean_of(values: Floats) -> float:
    """The mean; of equal values it is that value, whatever the rounding of their sum."""
    low = float(values.min())
    return low + float((values - low).mean())
