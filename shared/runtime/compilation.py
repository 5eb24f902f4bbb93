"""Functions as machine code, by Numba, where that is installed (the optional extra `compiled`).

Importing it takes tenths of a second and compiling up to seconds, and either a hundred megabytes: nothing is compiled before it is
wanted. What is compiled is kept beside the function's file, or in the user's cache folder where that folder may not be written; where
neither may be, it is compiled at each start.
"""

from collections.abc import Callable
from importlib import import_module
from types import FunctionType
from typing import Any

_OPTIONS = {"nogil": True, "_nrt": False}
"""No array is made or kept, so none needs its users counted: counting took five times as long as a scan."""


def compiled(function: FunctionType, names: dict[str, Any]) -> Any:
    """The function over these names instead of its module's. Raises ModuleNotFoundError without Numba."""
    njit = _njit()
    try:
        return njit(cache=True, **_OPTIONS)(_over(function, names))
    except RuntimeError:  # no folder to keep it in
        return njit(**_OPTIONS)(_over(function, names))


def inlined(function: FunctionType, names: dict[str, Any]) -> Any:
    """The function over these names, as part of those compiled ones that call it. Raises ModuleNotFoundError without Numba."""
    return _njit()(forceinline=True, **_OPTIONS)(_over(function, names))


def _njit() -> Callable[..., Callable[[FunctionType], Any]]:
    njit: Callable[..., Callable[[FunctionType], Any]] = import_module("numba").njit
    return njit


def _over(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    return FunctionType(function.__code__, names, function.__name__)
