"""River's streaming detectors on series: benchmarks/river, in an environment of its own."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from benchmarks.contenders.python_environment import python_of
from tests.support.kafka_server import REPOSITORY

_SCRIPT = REPOSITORY / "benchmarks" / "river" / "judge_series.py"
_MOST_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class RiverRun:
    """One detector over all series: CPU seconds, and a score for each point."""

    seconds: float
    scores: Sequence[Sequence[float]]


def judge_series(series: Sequence[Sequence[tuple[float, float]]]) -> Mapping[str, RiverRun]:
    """Each of River's detectors, by name; a point is its hour of the day and its value.

    Raises RuntimeError when it cannot be installed; subprocess.SubprocessError when it fails.
    """
    python = python_of("river")
    with tempfile.TemporaryDirectory() as folder:
        given, wanted = Path(folder) / "series.json", Path(folder) / "scores.json"
        given.write_text(json.dumps(series), encoding="utf-8")
        subprocess.run([str(python), "-W", "ignore", str(_SCRIPT), given, wanted], timeout=_MOST_SECONDS, check=True)
        found = json.loads(wanted.read_text(encoding="utf-8"))
    return {
        name: RiverRun(run["seconds"], [[score if isfinite(score) else 0.0 for score in one] for one in run["scores"]])
        for name, run in found.items()
    }
