"""`python -m benchmarks.rules [--values N] [--series N]`: what judging a value costs, and what is remembered of many series."""

import argparse

from rich.console import Console
from rich.table import Table

from benchmarks.rules.charted_values import CHARTED, nanoseconds
from benchmarks.rules.judged_values import CASES, cost
from benchmarks.rules.kept_memories import RULES, measure

_POINTS = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    parser.add_argument("--values", type=int, default=4000, help="how many windows of a series are judged")
    parser.add_argument(
        "--series", type=int, default=10_000, help="of how many series checkpoints are kept; 0 for none"
    )
    given = parser.parse_args()
    console = Console(width=120)
    console.print(_judged(given.values))
    console.print(_charted())
    if given.series:
        console.print(_kept(given.series))


def _judged(values: int) -> Table:
    table = Table("kind", "µs a value, a series at once", "µs a value, one by one", "bytes kept", title="Judging")
    for case in CASES:
        found = cost(case, values)
        one_by_one = "" if found.one_by_one is None else f"{found.one_by_one:.1f}"
        table.add_row(found.name, f"{found.at_once:.1f}", one_by_one, f"{found.kept_bytes or ''}")
    return table


def _charted() -> Table:
    table = Table("chart of a million single values", "ns a point", title="SPC core")
    for name, work in CHARTED.items():
        table.add_row(name, f"{nanoseconds(work, _POINTS):.0f}")
    return table


def _kept(series: int) -> Table:
    found = measure(series)
    table = Table("what", "", title=f"{series:,} series, {len(RULES)} rules, three checkpoints each, on SQLite")
    table.add_row("file", f"{found.file_bytes / 1e6:,.0f} MB")
    table.add_row("open, and read 100 series", f"{found.open_seconds:.3f} s")
    table.add_row("read 1,000 series", f"{found.read_seconds:.3f} s")
    table.add_row("the anchors of 1,000 series", f"{found.back_seconds:.3f} s")
    table.add_row("write 1,000 series", f"{found.write_seconds:.3f} s")
    return table


if __name__ == "__main__":
    main()
