"""Identifiers that sort by the time they were made, from a source that can be injected."""

import random
from collections.abc import Sequence
from typing import Protocol

from shared.runtime.clock import Clock

_RANDOM_BITS = 74
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1


class IdSource(Protocol):
    """Where new identifiers come from."""

    def next(self) -> str:
        """A new identifier, different from every earlier one. Later ones sort after earlier ones of the same source."""
        ...

    def many(self, count: int) -> Sequence[str]:
        """So many new identifiers, for little more than the price of one."""
        ...


class SortableIds:
    """UUID version 7 (RFC 9562): 48 bits of milliseconds, then random bits. Safe across processes.

    Args:
        randomness: `random.SystemRandom()` in production, a seeded `random.Random` in tests.
    """

    def __init__(self, clock: Clock, randomness: random.Random) -> None:
        self._clock = clock
        self._randomness = randomness

    def next(self) -> str:
        (made,) = self.many(1)
        return made

    def many(self, count: int) -> Sequence[str]:
        """Of one millisecond and one random number, which is counted up (RFC 9562, section 6.2, method 2)."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        noise = self._randomness.getrandbits(_RANDOM_BITS)
        return [_uuid(milliseconds, (noise + number) & _RANDOM_MASK) for number in range(count)]


def _uuid(milliseconds: int, noise: int) -> str:
    high = (milliseconds << 16) | (0x7 << 12) | (noise >> 62)
    low = (0b10 << 62) | (noise & ((1 << 62) - 1))
    text = f"{(high << 64) | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class CountingIds:
    """`prefix-000001`, `prefix-000002`, …: identifiers a test can predict."""

    def __init__(self, prefix: str = "id") -> None:
        self._prefix = prefix
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count:06d}"

    def many(self, count: int) -> Sequence[str]:
        return [self.next() for _ in range(count)]
