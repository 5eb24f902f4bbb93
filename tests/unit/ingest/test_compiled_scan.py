"""When the scan is compiled, and that everything works without it."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from services.ingest.adapters.compiled_scan import CompiledScan, compile_scan
from services.ingest.domain.plain_events import Scan
from shared.telemetry.logging import logger
from tests.architecture.source import ROOT

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_it_is_compiled_once_when_somebody_has_asked() -> None:
    compiled: list[Scan] = []

    def compile_it() -> Scan:
        compiled.append(compile_scan())
        return compiled[-1]

    scan = CompiledScan(compile_it, logger("ingest"))
    assert not scan.step(NOW)
    assert compiled == []
    assert scan() is None
    assert not scan.step(NOW)
    assert not scan.step(NOW)
    assert compiled == [scan()]


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'numba'"), RuntimeError("no compiler")])
def test_where_it_cannot_be_compiled_events_are_decoded_and_it_is_not_tried_again(error: Exception) -> None:
    tried: list[Exception] = []

    def compile_it() -> Scan:
        tried.append(error)
        raise error

    scan = CompiledScan(compile_it, logger("ingest"))
    for _ in range(3):
        assert scan() is None
        assert not scan.step(NOW)
    assert tried == [error]


def test_it_is_compiled_where_no_folder_keeps_what_was_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/nowhere")
    program = "from services.ingest.adapters.compiled_scan import compile_scan; compile_scan()"
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT, timeout=120).returncode == 0
