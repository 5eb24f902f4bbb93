"""What is remembered of many series, on SQLite: what a restart reads of it, and what a transaction reads and writes."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from benchmarks.rules.judged_values import CASES, Case
from services.analytics.adapters.units_of_work import SqlEvaluateUnitOfWork
from services.analytics.domain.checkpoint import ANCHORS, NEWEST, Checkpoint, Recorder
from services.analytics.domain.value_frame import series_of
from shared.database.engine import Database
from shared.database.migrations import Migrations
from shared.runtime.identifiers import CountingIds

RULES = ("control_chart, single values", "control_chart, shares", "ewma", "cusum", "seasonal")
_POINTS = 300
_SERIES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """Attributes:
    open_seconds: from nothing to the first transaction that has read what it needs.
    read_seconds, back_seconds, write_seconds: of a transaction that judges 1,000 series by all rules, `back_seconds` more where
        judging goes back.
    """

    series: int
    file_bytes: int
    open_seconds: float
    read_seconds: float
    back_seconds: float
    write_seconds: float


def measure(series: int) -> Kept:
    """Fills a database with three checkpoints of five rules on each series, and opens it again."""
    names = [series_of("calls", 1, f'{{"line":"{number}"}}') for number in range(series)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "analytics.sqlite"
        url = f"sqlite:///{path}"
        database = Database(url)
        Migrations(database, "services.analytics.migrations").upgrade()
        fill(database, names)
        database.close()
        began = time.perf_counter()
        database = Database(url)
        with SqlEvaluateUnitOfWork(database, CountingIds()) as uow:
            uow.checkpoints.of_series(names[: _SERIES_AT_ONCE // 10], [NEWEST])
        opened = time.perf_counter() - began
        asked = names[series // 2 : series // 2 + _SERIES_AT_ONCE]
        began = time.perf_counter()
        with SqlEvaluateUnitOfWork(database, CountingIds()) as uow:
            found = uow.checkpoints.of_series(asked, [NEWEST])
            read = time.perf_counter() - began
            began = time.perf_counter()
            uow.checkpoints.of_series(asked, ANCHORS)
            went_back = time.perf_counter() - began
            began = time.perf_counter()
            uow.checkpoints.save(found)
            uow.commit()
            written = time.perf_counter() - began
        database.close()
        return Kept(series, path.stat().st_size, opened, read, went_back, written)


def fill(database: Database, series: Sequence[bytes]) -> None:
    """Put three checkpoints of each of the rules on each series into it."""
    patterns = [_remembered(case) for case in CASES if case.name in RULES]
    for first in range(0, len(series), _SERIES_AT_ONCE):
        rows = [
            replace(one, series=name, slot=slot)
            for name in series[first : first + _SERIES_AT_ONCE]
            for one in patterns
            for slot in (NEWEST, *ANCHORS)
        ]
        with SqlEvaluateUnitOfWork(database, CountingIds()) as uow:
            uow.checkpoints.save(rows)
            uow.commit()


def _remembered(case: Case) -> Checkpoint:
    recorder = Recorder(case.rule, b"", None)
    for _ in recorder.findings(case.values(_POINTS), case.scene):
        pass
    return replace(recorder.recorded[-1], rule=case.name)
