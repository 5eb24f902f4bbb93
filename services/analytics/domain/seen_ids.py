"""Which event ids have been folded: 64-bit hashes in a few sorted arrays, eight bytes an id, and a filter of two to four.

A look-up is a binary search in each array, for what the filter lets through of a whole batch. Arrays are merged when a newer one has
grown to half the size of the one before, so there are never more than about log2(n) of them, and adding an id costs log2(n) moves in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from services.analytics.domain.hash_filter import Hashes, HashFilter, Mask


def no_hashes() -> Hashes:
    return np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class SeenIds:
    """An unchanging set of hashes; `with_added` makes a new one that shares most of its memory."""

    runs: tuple[Hashes, ...] = ()
    _filter: HashFilter = field(default_factory=HashFilter, compare=False, repr=False)
    """Of all runs; sets that were made of one another may share it."""

    def __len__(self) -> int:
        return sum(run.size for run in self.runs)

    def first_seen(self, hashes: Hashes) -> Mask:
        """For each hash, whether it is neither in the set nor earlier in the batch: the first copy wins."""
        in_order = np.sort(hashes)
        if (in_order[1:] != in_order[:-1]).all() and not self._holds(in_order).any():
            return np.ones(hashes.size, dtype=np.bool_)  # nearly always; finding first places costs five times as much
        first = np.zeros(hashes.size, dtype=np.bool_)
        distinct, positions = np.unique(hashes, return_index=True)
        first[positions[~self._holds(distinct)]] = True
        return first

    def with_added(self, hashes: Hashes) -> "SeenIds":
        """The set with these, which must not be in it, added."""
        if hashes.size == 0:
            return self
        runs = [*self.runs, np.sort(hashes)]
        while len(runs) > 1 and runs[-2].size <= 2 * runs[-1].size:
            newest = runs.pop()
            runs[-1] = np.sort(np.concatenate([runs[-1], newest]), kind="stable")
        if self._filter.has_room(len(self) + hashes.size):
            self._filter.add(hashes)
            return SeenIds(tuple(runs), self._filter)
        return _of_runs(runs)

    def _holds(self, distinct: Hashes) -> Mask:
        held = self._filter.may_hold(distinct)
        suspects = distinct[held]
        found = np.zeros(suspects.size, dtype=np.bool_)
        for run in self.runs:
            places = np.minimum(np.searchsorted(run, suspects), run.size - 1)
            found |= run[places] == suspects
        held[held] = found
        return held


def _of_runs(runs: Sequence[Hashes]) -> SeenIds:
    """With a filter made for them, which is a power of two: it is made anew when there are twice as many, at the latest."""
    filtering = HashFilter(sum(run.size for run in runs))
    for run in runs:
        filtering.add(run)
    return SeenIds(tuple(runs), filtering)


def load(blobs: Sequence[bytes]) -> SeenIds:
    """A set from packed hashes, as `pack` made them."""
    joined = b"".join(blobs)
    return _of_runs([np.sort(np.frombuffer(joined, dtype="<u8").astype(np.uint64))]) if joined else SeenIds()


def pack(hashes: Hashes) -> bytes:
    """Eight bytes a hash, little-endian."""
    return hashes.astype("<u8").tobytes()
