"""Texts that stand one after the other in one piece of memory, as what reads them all at once wants them."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

Lengths: TypeAlias = NDArray[np.int64]

_SHORT = 4096
"""Bytes of a text on average: up to there, copying them twice costs less than asking for one after the other."""


class JoinedTexts(Sequence[bytes]):
    """A sequence of texts; a bytes object is made of one when somebody asks for it, and of all of them once at most.

    Args:
        memory: the texts, each with a newline after it, but for the last one, which may have none. Not copied.
        lengths: of each text, in bytes.
    """

    __slots__ = ("_begins", "_ends", "_memory", "_texts", "lengths")

    def __init__(self, memory: memoryview, lengths: Lengths) -> None:
        self._memory = memory
        self.lengths = lengths
        self._begins = 0
        self._ends = np.cumsum(lengths + 1) - 1
        self._texts: list[bytes] | None = None

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            return self.part(start, stop) if step == 1 else self._all()[index]
        if self._texts is not None:
            return self._texts[index]
        place = range(len(self))[index]
        return self._memory[self._begin(place) : int(self._ends[place])].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._all())

    @property
    def joined(self) -> memoryview:
        """All of them, with newlines between."""
        return self._memory[self._begins : int(self._ends[-1])] if len(self) else self._memory[:0]

    @property
    def pieces(self) -> list[memoryview]:
        """As of `ChainedTexts`."""
        return [self.joined] if len(self) else []

    def all_begin_with(self, letter: bytes) -> bool:
        """Whether each begins with this byte; one that is empty does not."""
        memory = np.frombuffer(self._memory, dtype=np.uint8)
        return bool(self.lengths.all() and (memory[self._ends - self.lengths] == ord(letter)).all())

    def part(self, start: int, stop: int) -> "JoinedTexts":
        """Those from one place to before another, in the same memory."""
        found = object.__new__(JoinedTexts)
        found._memory, found._ends, found.lengths = self._memory, self._ends[start:stop], self.lengths[start:stop]
        found._begins = self._begin(start)
        found._texts = None if self._texts is None else self._texts[start:stop]
        return found

    def repeats(self, count: int) -> bool:
        """Whether it is its first `count` texts again and again, and ends with the last of them."""
        first, times = self.part(0, count), len(self) // count
        return np.array_equal(self.lengths, np.tile(first.lengths, times)) and self.joined == b"\n".join(
            times * [first.joined]
        )

    def _begin(self, place: int) -> int:
        return int(self._ends[place - 1]) + 1 if place else self._begins

    def _all(self) -> list[bytes]:
        if self._texts is None:
            texts = self.joined.tobytes().split(b"\n") if len(self.joined) < _SHORT * len(self) else []
            # A text that holds a newline itself is cut in two by that.
            self._texts = texts if len(texts) == len(self) else [self[place] for place in range(len(self))]
        return self._texts


class ChainedTexts(Sequence[bytes]):
    """Joined texts of several places, one after the other; not copied."""

    __slots__ = ("_borders", "_parts")

    def __init__(self, parts: Sequence[JoinedTexts]) -> None:
        self._parts = parts
        self._borders = list(accumulate(map(len, parts), initial=0))

    def __len__(self) -> int:
        return self._borders[-1]

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return list(self)[index]
        place = range(len(self))[index]
        part = bisect_right(self._borders, place) - 1
        return self._parts[part][place - self._borders[part]]

    def __iter__(self) -> Iterator[bytes]:
        return chain.from_iterable(self._parts)

    @property
    def pieces(self) -> list[memoryview]:
        """What, joined by newlines, is all of them joined."""
        return [part.joined for part in self._parts if part]

    @property
    def lengths(self) -> Lengths:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(part.lengths for part in self._parts)])


def lines_of(text: bytes) -> JoinedTexts:
    """What stands between its newlines; a last line needs none, and is none where it is empty."""
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n"))
    if text and not text.endswith(b"\n"):
        ends = np.concatenate((ends, [len(text)]))
    lengths = ends.copy()
    lengths[1:] -= ends[:-1] + 1
    return JoinedTexts(memoryview(text), lengths)


def in_one(parts: Sequence[Sequence[bytes]]) -> Sequence[bytes]:
    """The texts of all parts; chained, if those of each part are joined."""
    joined = [part for part in parts if isinstance(part, JoinedTexts)]
    return ChainedTexts(joined) if len(joined) == len(parts) else list(chain.from_iterable(parts))
