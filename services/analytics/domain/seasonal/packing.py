"""A state as bytes: its numbers one after the other, without names."""

import struct
from itertools import islice
from typing import Any, Final

from services.analytics.domain.seasonal.state import SeasonalState


def pack(state: SeasonalState) -> bytes:
    """524 numbers in 4 kB; nothing is rounded."""
    numbers: list[float] = []
    _gather(state, numbers)
    return _FORM.pack(*numbers)


def unpack(packed: bytes) -> SeasonalState:
    """The inverse of `pack`: goes on exactly as the first would have.

    Raises:
        ValueError: it is not as long as a state; the series must be learned anew.
    """
    if len(packed) != _FORM.size:
        raise ValueError(f"a state has {_FORM.size} bytes, this one {len(packed)}; learn the series anew")
    state = SeasonalState()
    _spread(state, iter(_FORM.unpack(packed)))
    return state


def _gather(part: Any, numbers: list[float]) -> None:
    for name in part.__slots__:
        value = getattr(part, name)
        if isinstance(value, float):
            numbers.append(value)
        elif isinstance(value, list):
            numbers.extend(value)
        else:
            _gather(value, numbers)


def _spread(part: Any, numbers: Any) -> None:
    for name in part.__slots__:
        value = getattr(part, name)
        if isinstance(value, float):
            setattr(part, name, next(numbers))
        elif isinstance(value, list):
            value[:] = islice(numbers, len(value))
        else:
            _spread(value, numbers)


def _count() -> int:
    numbers: list[float] = []
    _gather(SeasonalState(), numbers)
    return len(numbers)


_FORM: Final = struct.Struct(f"<{_count()}d")
