"""XXH64 (seed 0) of a column of byte strings of one length, as https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.

The package xxhash does one string a call, which for ten thousand ids is ten thousand calls. Unsigned 64-bit numbers overflow as the
definition asks.
"""

from functools import reduce

import numpy as np
import numpy.typing as npt

Letters = npt.NDArray[np.uint8]
"""A row for each string, a column for each byte."""
_Numbers = npt.NDArray[np.uint64]

_P1, _P2, _P3, _P4, _P5 = (
    np.uint64(prime)
    for prime in (
        0x9E3779B185EBCA87,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0x85EBCA77C2B2AE63,
        0x27D4EB2F165667C5,
    )
)
_STRIPE = 4
"""Words of eight bytes that are taken at a time, while there are so many."""


def xxh64_of_each(letters: Letters) -> _Numbers:
    """The hash of each row."""
    rows, length = letters.shape
    whole = length & ~7
    words = np.ascontiguousarray(letters[:, :whole]).view("<u8").T
    striped = len(words) // _STRIPE * _STRIPE
    result = _stripes(words[:striped], rows) if striped else np.full(rows, _P5)
    result = result + np.uint64(length)
    for word in words[striped:]:
        result = _rotated(result ^ _round(np.uint64(0), word), 27) * _P1 + _P4
    rest = letters[:, whole:]
    if length & 4:
        half = np.ascontiguousarray(rest[:, :4]).view("<u4")[:, 0].astype(np.uint64)
        result = _rotated(result ^ half * _P1, 23) * _P2 + _P3
        rest = rest[:, 4:]
    for letter in rest.T:
        result = _rotated(result ^ letter.astype(np.uint64) * _P5, 11) * _P1
    return _avalanche(result)


def _stripes(words: _Numbers, rows: int) -> _Numbers:
    with np.errstate(over="ignore"):
        starts = (_P1 + _P2, _P2, np.uint64(0), np.uint64(0) - _P1)
    lanes = [reduce(_round, words[number::_STRIPE], np.full(rows, start)) for number, start in enumerate(starts)]
    turns = zip(lanes, (1, 7, 12, 18), strict=True)
    together: _Numbers = sum((_rotated(lane, turn) for lane, turn in turns), np.zeros(rows, dtype=np.uint64))
    for lane in lanes:
        together = (together ^ _round(np.uint64(0), lane)) * _P1 + _P4
    return together


def _round(lane: "_Numbers | np.uint64", word: _Numbers) -> _Numbers:
    return _rotated(lane + word * _P2, 31) * _P1


def _rotated(numbers: _Numbers, bits: int) -> _Numbers:
    return numbers << np.uint64(bits) | numbers >> np.uint64(64 - bits)


def _avalanche(numbers: _Numbers) -> _Numbers:
    numbers = (numbers ^ numbers >> np.uint64(33)) * _P2
    numbers = (numbers ^ numbers >> np.uint64(29)) * _P3
    return numbers ^ numbers >> np.uint64(32)
