"""The scan of plain events as machine code, where that can be made (`shared/runtime/compilation.py`)."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import FunctionType
from typing import cast

import numpy as np

from services.ingest.domain import plain_json
from services.ingest.domain.plain_events import Scan
from shared.runtime.compilation import compiled, inlined
from shared.telemetry.logging import Logger


class CompiledScan:
    """Gives decoders their scan, and is the stepper that compiles it: once, when one of them has asked.

    Until then, and where it cannot be compiled, events are decoded. Compiling takes seconds, loading what was kept tenths of one, and
    either a hundred megabytes: a service that never sees a large batch has none of that.
    """

    name = "ingest.compile"

    def __init__(self, compile_it: Callable[[], Scan], logger: Logger) -> None:
        self._compile: Callable[[], Scan] | None = compile_it
        self._logger = logger
        self._scan: Scan | None = None
        self._is_wanted = False

    def __call__(self) -> Scan | None:
        self._is_wanted = True
        return self._scan

    def step(self, now: datetime) -> bool:  # noqa: ARG002 - whenever it is wanted
        """Compile; nothing more waits afterwards."""
        if self._is_wanted and self._compile is not None:
            compile_it, self._compile = self._compile, None
            try:
                self._scan = compile_it()
            except ModuleNotFoundError as error:
                self._logger.info("scan_not_installed", error=str(error))
            except Exception as error:  # noqa: BLE001 - events are decoded as before; the service goes on
                self._logger.warning("scan_not_compiled", error=str(error), kind=type(error).__name__)
        return False

    def close(self) -> None:
        """Nothing is held."""


@cache
def compile_scan() -> Scan:
    """Compile, or load what an earlier process has compiled; once in a process. Raises ModuleNotFoundError without Numba."""
    names = dict(vars(plain_json))
    for name, value in vars(plain_json).items():
        if isinstance(value, FunctionType) and value.__module__ == plain_json.__name__:
            names[name] = inlined(value, names)
    scan: Scan = compiled(cast("FunctionType", plain_json.scan), names)
    _once(scan)
    return scan


def _once(scan: Scan) -> None:
    """Call it, upon which it is compiled for the arrays that it will get: `text` is read-only."""
    text, none = np.frombuffer(b"\n\n", dtype=np.uint8), np.zeros(0, dtype=np.uint64)
    rows = np.zeros((4, 9), dtype=np.uint64)
    times, plain = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
    scan(text, none, rows, np.zeros(0, dtype=np.uint8), np.zeros((0, 0)), times, plain)
