"""Which partition a key belongs to: murmur2, as the Java client, kafka-python and librdkafka's `murmur2_random` choose it.

Every adapter agrees on it (golden tests and a test on a real broker), so a key keeps its partition when the log changes.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_MASK = 0xFFFFFFFF
_WORTH_A_COLUMN = 16
"""Fewer keys are hashed sooner one by one."""


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, from 0 to `partitions` - 1, of every record with this key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def partitions_of(keys: Sequence[bytes], partitions: int) -> list[int]:
    """`partition_of` of each key; keys of one length, which most have, all at once."""
    by_length: dict[int, list[int]] = {}
    for place, length in enumerate(map(len, keys)):
        by_length.setdefault(length, []).append(place)
    found = [0] * len(keys)
    for length, places in by_length.items():
        if len(places) < _WORTH_A_COLUMN or length == 0:
            numbers = [partition_of(keys[place], partitions) for place in places]
        else:
            hashes = _murmur2_of_each(b"".join([keys[place] for place in places]), length)
            numbers = ((hashes & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)).tolist()
        for place, number in zip(places, numbers, strict=True):
            found[place] = number
    return found


def murmur2(data: bytes) -> int:
    """The 32-bit MurmurHash2 of `data` under Kafka's seed, unsigned."""
    result = _SEED ^ len(data)
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER & _MASK
        word = (word ^ word >> 24) * _MULTIPLIER & _MASK
        result = result * _MULTIPLIER & _MASK ^ word
    if whole < len(data):
        result = (result ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    result = (result ^ result >> 13) * _MULTIPLIER & _MASK
    return result ^ result >> 15


def _murmur2_of_each(joined: bytes, length: int) -> npt.NDArray[np.uint32]:
    """`murmur2` of texts of one length that stand one after the other; unsigned 32-bit numbers overflow as they should."""
    letters = np.frombuffer(joined, dtype=np.uint8).reshape(-1, length)
    whole = length & ~3
    words = np.ascontiguousarray(letters[:, :whole]).view("<u4")
    multiplier, result = np.uint32(_MULTIPLIER), np.full(len(letters), _SEED ^ length, dtype=np.uint32)
    for word in words.T:
        mixed = word * multiplier
        result = result * multiplier ^ (mixed ^ mixed >> np.uint32(24)) * multiplier
    if whole < length:
        rest = np.zeros((len(letters), 4), dtype=np.uint8)
        rest[:, : length - whole] = letters[:, whole:]
        result = (result ^ rest.view("<u4")[:, 0]) * multiplier
    result = (result ^ result >> np.uint32(13)) * multiplier
    return result ^ result >> np.uint32(15)
