"""What was found, as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.seasonal.detector_run import SHIPPED, SURPRISING_SCORE, judgements
from benchmarks.seasonal.halves import gains, halves
from benchmarks.seasonal.labelled_series import Series
from benchmarks.seasonal.quiet_series import Draw, quiet_series
from benchmarks.seasonal.scoring import PROFILES, Marked, at, best

_SHOWN = ("standard", "low_fp")
_SEEDS = range(3)
_DISTANCES = {"5 minutes": 300.0, "1 hour": 3600.0}


@dataclass(frozen=True, slots=True)
class Judged:
    """A file and its rows that count."""

    series: Series
    marked: Sequence[Marked]


def groups(judged: Sequence[Judged]) -> Table:
    """Each group of files at the threshold that ships, and all of them."""
    table = _table(f"labelled series, by group, at a score of {SURPRISING_SCORE:.2f}", "group")
    for heading in ("files", "windows", "hit", "false", "false per 1000", *_SHOWN):
        table.add_column(heading, justify="right")
    for group in sorted({one.series.group for one in judged}):
        table.add_row(group, *_counts([one for one in judged if one.series.group == group]))
    table.add_row("all", *_counts(judged))
    return table


def _counts(judged: Sequence[Judged]) -> list[str]:
    rows = _rows(judged)
    results = [at(rows, PROFILES[name], SURPRISING_SCORE) for name in _SHOWN]
    outside = sum(row.window is None for row in rows)
    counts = (len(judged), results[0].windows, results[0].hit, results[0].false_alarms)
    per_thousand = 1000.0 * results[0].false_alarms / max(outside, 1)
    return [*map(str, counts), f"{per_thousand:.2f}", *(f"{one.score:.1f}" if one.windows else "–" for one in results)]


def whole(judged: Sequence[Judged]) -> Table:
    """All files by each profile, at the threshold that ships and at the best one."""
    table = _table("all files, by profile", "profile")
    for heading in ("shipped", "best", "at"):
        table.add_column(heading, justify="right")
    rows = _rows(judged)
    for name, profile in PROFILES.items():
        top = best(rows, profile)
        shipped = at(rows, profile, SURPRISING_SCORE)
        table.add_row(name, f"{shipped.score:.1f}", f"{top.score:.1f}", f"{top.threshold:.3f}")
    return table


def random_halves(judged: Sequence[Judged]) -> Table:
    """One in ten halves scores lower, the middle one, one in ten higher."""
    table = _table("500 random halves of the files: one in ten below, median, one in ten above", "profile")
    table.add_column("by the shipped threshold")
    table.add_column("by the threshold best for the other half")
    for name in _SHOWN:
        files = [gains(one.marked, PROFILES[name], SURPRISING_SCORE) for one in judged]
        spreads = halves(files, SURPRISING_SCORE)
        table.add_row(name, *(f"{one.low:.1f}  {one.median:.1f}  {one.high:.1f}" for one in spreads))
    return table


def quiet(distributions: Mapping[str, Draw]) -> Table:
    """False alarms where nothing happens."""
    table = _table("quiet series: surprising points per 1000 judged", "values")
    for distance in _DISTANCES:
        table.add_column(f"every {distance}", justify="right")
    shares: list[list[float]] = []
    for name, draw in distributions.items():
        shares.append([_surprising_share(draw, every) for every in _DISTANCES.values()])
        table.add_row(name, *(f"{1000.0 * share:.2f}" for share in shares[-1]))
    table.add_row("mean", *(f"{1000.0 * sum(column) / len(shares):.2f}" for column in zip(*shares, strict=True)))
    return table


def _surprising_share(draw: Draw, every_seconds: float) -> float:
    surprising = judged = 0
    for seed in _SEEDS:
        found = judgements(list(quiet_series(draw, every_seconds, seed)))
        surprising += sum(one.surprising for one in found)
        judged += len(found) - int(SHIPPED.learning_points)
    return surprising / judged


def contenders(rows: Sequence[tuple[str, float, Sequence[Marked]]]) -> Table:
    """Cost of a point, and the score at the threshold that is best for each."""
    table = _table("cost of a point, and the best score of each", "detector")
    for heading in ("µs a point", *_SHOWN):
        table.add_column(heading, justify="right")
    for name, microseconds, marked in rows:
        scores = [best(marked, PROFILES[profile]).score for profile in _SHOWN]
        table.add_row(name, f"{microseconds:.1f}", *(f"{score:.1f}" for score in scores))
    return table


def _rows(judged: Sequence[Judged]) -> list[Marked]:
    return [row for one in judged for row in one.marked]


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    return table
