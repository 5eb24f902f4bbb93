"""Functions as machine code, by Numba, where that is installed (the optional extra `librdkafka`).

Importing it takes tenths of a second and compiling up to seconds, and either a hundred megabytes: nothing is compiled before it is
wanted. What is compiled is kept beside the function's file, or in the user's cache folder where that folder may not be written; where
neither may be, it is compiled at each start.
"""

import ctypes
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


def external(name: str, function: Any) -> Any:
    """A function of a C library, for compiled ones to call; addresses and sizes are integers there, as wide as an address.

    Args:
        name: one of its own; what was compiled and kept finds the function by it.
        function: as `ctypes` has it, with the types of its result and arguments.

    Raises:
        ModuleNotFoundError: Numba is not installed.
    """
    address = ctypes.cast(function, ctypes.c_void_p).value
    import_module("llvmlite.binding").add_symbol(name, address)
    types, typing = import_module("numba.core.types"), import_module("numba.core.typing")

    def as_integer(kind: Any) -> Any:
        return (
            types.void
            if kind is None
            else types.int32
            if ctypes.sizeof(kind) == ctypes.sizeof(ctypes.c_int32)
            else types.int64
        )

    return types.ExternalFunction(
        name, typing.signature(as_integer(function.restype), *map(as_integer, function.argtypes))
    )


def _njit() -> Callable[..., Callable[[FunctionType], Any]]:
    njit: Callable[..., Callable[[FunctionType], Any]] = import_module("numba").njit
    return njit


def _over(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    return FunctionType(function.__code__, names, function.__name__)
