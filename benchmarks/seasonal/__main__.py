"""`python -m benchmarks.seasonal [SERIES] [--scores FOLDER] [--river]`: score the seasonal detector, and print its cost."""

import argparse
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.contenders.river import judge_series
from benchmarks.seasonal.detector_run import microseconds, scores, state_bytes, write_scores
from benchmarks.seasonal.labelled_series import HOURS_PER_DAY, Series, read_series
from benchmarks.seasonal.quiet_series import DISTRIBUTIONS
from benchmarks.seasonal.scoring import Marked, mark
from benchmarks.seasonal.tables import Judged, contenders, groups, random_halves, whole
from benchmarks.seasonal.tables import quiet as quiet_table

_FOLDER = "ANDON_BENCHMARK_SERIES"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seasonal", description=__doc__)
    parser.add_argument(
        "series",
        nargs="?",
        type=Path,
        default=os.environ.get(_FOLDER),
        help=f"folder of labelled series, as benchmarks/seasonal/labelled_series.py says; default: {_FOLDER}",
    )
    parser.add_argument("--scores", type=Path, help="write each point's score here, as other scorers read them")
    parser.add_argument("--river", action="store_true", help="judge by River's detectors too (installs them)")
    given = parser.parse_args()
    console = Console(width=120)
    if given.series is None:
        console.print(f"labelled series are left out: name their folder, or set {_FOLDER}")
    else:
        _labelled(console, list(read_series(Path(given.series))), scores_folder=given.scores, river=given.river)
    console.print(quiet_table(DISTRIBUTIONS))


def _labelled(console: Console, series: Sequence[Series], *, scores_folder: Path | None, river: bool) -> None:
    judged = [Judged(one, mark(one, _scores(one, scores_folder))) for one in series]
    console.print(groups(judged))
    console.print(whole(judged))
    console.print(random_halves(judged))
    rows = [("Andon", microseconds(series), [row for one in judged for row in one.marked])]
    console.print(f"state of one series as JSON: {state_bytes(series[0]):,} bytes")
    if river:
        rows += _river(console, series)
    console.print(contenders(rows))


def _scores(series: Series, folder: Path | None) -> list[float]:
    found = scores(series.points)
    if folder is not None:
        write_scores(folder, series, found)
    return found


def _river(console: Console, series: Sequence[Series]) -> list[tuple[str, float, list[Marked]]]:
    try:
        runs = judge_series([[(p.hour_of_week % HOURS_PER_DAY, p.value or 0.0) for p in one.points] for one in series])
    except (RuntimeError, subprocess.SubprocessError) as error:
        console.print(f"River could not be measured: {error}")
        return []
    points = sum(len(one.points) for one in series)
    return [
        (
            f"River {name}",
            run.seconds / points * 1e6,
            [row for one, found in zip(series, run.scores, strict=True) for row in mark(one, found)],
        )
        for name, run in runs.items()
    ]


if __name__ == "__main__":
    main()
