"""A state as bytes: its numbers one after the other, without names."""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from services.analytics.domain.seasonal.state import SeasonalState


class _Shape(NamedTuple):
    """The names of a part's numbers, of its lists of numbers, and of its own parts with their shapes."""

    numbers: tuple[str, ...]
    lists: tuple[str, ...]
    parts: tuple[tuple[str, "_Shape"], ...]


def pack(state: SeasonalState) -> bytes:
    """523 numbers in 4 kB; nothing is rounded."""
    numbers: list[float] = []
    _gather(state, _STATE, numbers)
    return _FORM.pack(*numbers)


def unpack(packed: bytes) -> SeasonalState:
    """The inverse of `pack`: goes on exactly as the first would have.

    Raises:
        ValueError: it is not as long as a state; the series must be learned anew.
    """
    if len(packed) != _FORM.size:
        raise ValueError(f"a state has {_FORM.size} bytes, this one {len(packed)}; learn the series anew")
    state = SeasonalState()
    _spread(state, _STATE, iter(_FORM.unpack(packed)))
    return state


def _gather(part: Any, shape: _Shape, numbers: list[float]) -> None:
    numbers += [getattr(part, name) for name in shape.numbers]
    for name in shape.lists:
        numbers += getattr(part, name)
    for name, inner in shape.parts:
        _gather(getattr(part, name), inner, numbers)


def _spread(part: Any, shape: _Shape, numbers: Iterator[float]) -> None:
    for name in shape.numbers:
        setattr(part, name, next(numbers))
    for name in shape.lists:
        values = getattr(part, name)
        values[:] = islice(numbers, len(values))
    for name, inner in shape.parts:
        _spread(getattr(part, name), inner, numbers)


def _shape_of(part: Any) -> _Shape:
    values = [(name, getattr(part, name)) for name in part.__slots__]
    return _Shape(
        tuple(name for name, value in values if isinstance(value, float)),
        tuple(name for name, value in values if isinstance(value, list)),
        tuple((name, _shape_of(value)) for name, value in values if not isinstance(value, float | list)),
    )


def _length(part: Any, shape: _Shape) -> int:
    numbers: list[float] = []
    _gather(part, shape, numbers)
    return len(numbers)


_STATE: Final = _shape_of(SeasonalState())
_FORM: Final = struct.Struct(f"<{_length(SeasonalState(), _STATE)}d")
