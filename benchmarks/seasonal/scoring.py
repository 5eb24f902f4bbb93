"""Scores a detector by the published rules of the Numenta Anomaly Benchmark.

Per window only the earliest alarm counts, by how early it is; each alarm outside is a false one, cheaper close behind a window. 100
is an alarm at the first row of each window and nowhere else, 0 is no alarm at all. One threshold holds for all files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf

from benchmarks.seasonal.labelled_series import Series


@dataclass(frozen=True, slots=True)
class Profile:
    """What an error costs: a false alarm, and a window without an alarm."""

    false_alarm: float
    missed_window: float


PROFILES: Mapping[str, Profile] = {
    "standard": Profile(0.11, 1.0),
    "low_fp": Profile(0.22, 1.0),
    "low_fn": Profile(0.11, 2.0),
}


@dataclass(frozen=True, slots=True)
class Marked:
    """One row that counts: its score, the window it lies in, and its weight there; outside, how much of a false alarm it is."""

    score: float
    window: tuple[str, int] | None
    weight: float


@dataclass(frozen=True, slots=True)
class Result:
    """What alarms from `threshold` on amount to.

    Attributes:
        gained: weights of first alarms and of false ones, above those of no alarm at all.
        possible: what perfect alarms would gain.
    """

    gained: float
    possible: float
    threshold: float
    hit: int
    windows: int
    false_alarms: int

    @property
    def score(self) -> float:
        """0 for no alarm, 100 for perfect ones; without a window nothing can be gained, and it is 0 or below."""
        return 100.0 * self.gained / (self.possible or 1.0)


def mark(series: Series, scores: Sequence[float]) -> list[Marked]:
    """Weigh each row of a file behind its probation."""
    marked = []
    for row in range(series.probation, len(scores)):
        inside = next((i for i, (first, last) in enumerate(series.windows) if first <= row <= last), None)
        if inside is None:
            marked.append(Marked(scores[row], None, _outside(row, series.windows)))
        else:
            first, last = series.windows[inside]
            earliness = _position(-(last - row + 1) / (last - first + 1)) / _position(-1.0)
            marked.append(Marked(scores[row], (f"{series.group}/{series.name}", inside), earliness))
    return marked


def _outside(row: int, windows: Sequence[tuple[int, int]]) -> float:
    before = [window for window in windows if window[1] < row]
    if not before:
        return -1.0
    first, last = before[-1]
    return _position((row - last) / (last - first))


def _position(place: float) -> float:
    """About 1 at the left edge of a window (-1), 0 at its right edge (0), towards -1 behind it."""
    return -1.0 if place > 3.0 else 2.0 / (1.0 + exp(5.0 * place)) - 1.0


def best(marked: Iterable[Marked], profile: Profile) -> Result:
    """At the one threshold that is best for these rows."""
    return max(_sweep(list(marked), profile), key=lambda result: result.score)


def at(marked: Iterable[Marked], profile: Profile, threshold: float) -> Result:
    """At a threshold that is given."""
    return [result for result in _sweep(list(marked), profile) if result.threshold >= threshold][-1]


class _Tally:
    """What the alarms so far amount to, from the highest score down."""

    def __init__(self, marked: Sequence[Marked], profile: Profile) -> None:
        self._profile = profile
        self._windows = len({row.window for row in marked if row.window is not None})
        self._earliest: dict[tuple[str, int], float] = {}
        self._found = 0.0
        self._false = 0.0
        self._false_alarms = 0

    def add(self, row: Marked) -> None:
        if row.window is None:
            self._false += self._profile.false_alarm * row.weight
            self._false_alarms += 1
            return
        known = self._earliest.get(row.window)
        if known is None or row.weight > known:
            self._found += row.weight - (known or 0.0)
            self._earliest[row.window] = row.weight

    def result(self, threshold: float) -> Result:
        missed = self._profile.missed_window
        return Result(
            gained=self._found + self._false + missed * len(self._earliest),
            possible=(1.0 + missed) * self._windows,
            threshold=threshold,
            hit=len(self._earliest),
            windows=self._windows,
            false_alarms=self._false_alarms,
        )


def _sweep(marked: list[Marked], profile: Profile) -> list[Result]:
    """The result at each score that occurs, highest first, after that of no alarm at all."""
    marked.sort(key=lambda row: -row.score)
    tally = _Tally(marked, profile)
    results = [tally.result(inf)]
    for row, following in pairwise([*marked, None]):
        assert row is not None
        tally.add(row)
        if following is None or following.score != row.score:
            results.append(tally.result(row.score))
    return results
