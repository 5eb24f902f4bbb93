"""Which hashes may be in a set: a bit for each value of their highest bits, set once one of them was added.

Nearly all ids that come are new. A bit that is not set says so in 2 ns, where a binary search among a million ids takes up to 500: each
of its steps waits for memory. There are at least sixteen bits for each hash, so one new one in sixteen is searched for in vain, at most.
"""

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

_BITS_FOR_EACH = 16
_FEWEST_BITS = 16
"""As a power of two."""
_WIDTH = 64
_THREE, _SEVEN = np.uint64(3), np.uint64(7)


class HashFilter:
    """Grows only: what is added stays, also if whoever added it gives up. That costs a search and makes no answer wrong.

    Args:
        capacity: how many hashes it is made for, at least.
    """

    __slots__ = ("_bits", "_room", "_shift")

    def __init__(self, capacity: int = 0) -> None:
        power = max(_FEWEST_BITS, (_BITS_FOR_EACH * capacity - 1).bit_length())
        bits = 1 << power
        self._bits = np.zeros(bits // 8, dtype=np.uint8)
        self._shift = np.uint64(_WIDTH - power)
        self._room = bits // _BITS_FOR_EACH

    def has_room(self, count: int) -> bool:
        """Whether so many hashes, all together, are no more than it is made for."""
        return count <= self._room

    def add(self, hashes: Hashes) -> None:
        places = hashes >> self._shift
        np.bitwise_or.at(self._bits, places >> _THREE, np.uint8(1) << (places & _SEVEN).astype(np.uint8))

    def may_hold(self, hashes: Hashes) -> Mask:
        """False for what has certainly not been added."""
        places = hashes >> self._shift
        are_set: Mask = (self._bits[places >> _THREE] >> (places & _SEVEN).astype(np.uint8)) & np.uint8(1) == 1
        return are_set
