"""Identifiers that sort by the time they were made, from a source that can be injected."""

import random
from collections.abc import Sequence
from typing import Protocol

from shared.runtime.clock import Clock

_COUNTED_BITS = 47
"""Of the 48 of the last group: a count that goes on from any number of so many bits does not leave the group."""


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
        """Of one millisecond and one random number, whose end is counted up (RFC 9562, section 6.2, method 2)."""
        made = f"{int(self._clock.now().timestamp() * 1000):012x}"
        random_a, random_b, first = (self._randomness.getrandbits(bits) for bits in (12, 14, _COUNTED_BITS))
        begin = f"{made[:8]}-{made[8:]}-7{random_a:03x}-{(0b10 << 14) | random_b:04x}-"
        return [f"{begin}{number:012x}" for number in range(first, first + count)]


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
