"""Messages of one partition as columns: what a client fetched, copied in one go and without an object of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise, repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared.eventlog.port import Headers, Partition, Record
from shared.runtime.joined_texts import JoinedTexts

Numbers: TypeAlias = NDArray[np.int64]

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """The keys of messages of which some have one."""

    texts: JoinedTexts
    are_there: NDArray[np.bool_]

    def part(self, start: int, stop: int) -> "KeyColumn":
        return KeyColumn(self.texts.part(start, stop), self.are_there[start:stop])

    def __iter__(self) -> Iterator[bytes | None]:
        return (text if is_there else None for text, is_there in zip(self.texts, self.are_there.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """The headers of messages of which some have some: those of one lie from its border to the next one's."""

    borders: Numbers
    names: JoinedTexts
    values: JoinedTexts

    def part(self, start: int, stop: int) -> "HeaderColumn":
        return replace(self, borders=self.borders[start : stop + 1])

    def __bool__(self) -> bool:
        return bool(self.borders[-1] > self.borders[0])

    def changes(self) -> NDArray[np.bool_]:
        """For each message but the first, whether its headers are others than those of the one before."""
        counts = np.diff(self.borders)
        texts = [texts.part(int(self.borders[0]), int(self.borders[-1])) for texts in (self.names, self.values)]
        if (counts == counts[0]).all() and all(some.repeats(int(counts[0])) for some in texts):
            return np.zeros(len(counts) - 1, dtype=np.bool_)
        return np.array([one != other for one, other in pairwise(self)], dtype=np.bool_)

    def __iter__(self) -> Iterator[Headers]:
        first, last = int(self.borders[0]), int(self.borders[-1])
        names = [name.decode("utf-8", "replace") for name in self.names.part(first, last)]
        pairs = list(zip(names, self.values.part(first, last), strict=True))
        return (tuple(pairs[start:stop]) for start, stop in pairwise((self.borders - first).tolist()))


@dataclass(frozen=True, slots=True)
class MessageColumns:
    """`shared.eventlog.record_runs.Messages`.

    Attributes:
        taken: when the log took each, in milliseconds since 1970.
        moments: the same → the moment in UTC.
        texts: the values.
        keys: None if no message has one.
        headers: None if no message has any.
    """

    offsets: Numbers
    taken: Numbers
    moments: Mapping[int, datetime]
    texts: JoinedTexts
    keys: KeyColumn | None = None
    headers: HeaderColumn | None = None

    def __len__(self) -> int:
        return len(self.offsets)

    def part(self, start: int, stop: int) -> "MessageColumns":
        return MessageColumns(
            self.offsets[start:stop],
            self.taken[start:stop],
            self.moments,
            self.texts.part(start, stop),
            self.keys and self.keys.part(start, stop),
            self.headers and self.headers.part(start, stop),
        )

    def records(self, partition: Partition) -> Iterator[Record]:
        keys = repeat(None) if self.keys is None else self.keys
        headers = self.headers or repeat(())
        taken = map(self.moments.__getitem__, self.taken.tolist())
        return map(Record, repeat(partition), self.offsets.tolist(), keys, self.texts, headers, taken)

    def offset(self, place: int) -> int:
        return int(self.offsets[place])

    def appended_at(self, place: int) -> datetime:
        return self.moments[int(self.taken[place])]

    def changes(self, tick: timedelta) -> list[int]:
        is_other = np.diff(self.taken // (tick // _MILLISECOND)) != 0
        if self.headers:
            is_other |= self.headers.changes()
        return (np.flatnonzero(is_other) + 1).tolist()

    @property
    def has_headers(self) -> bool:
        return bool(self.headers)

    @property
    def size(self) -> int:
        return int(self.texts.lengths.sum())

    def values(self) -> JoinedTexts:
        return self.texts
