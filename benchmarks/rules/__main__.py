"""`python -m benchmarks.rules [--values N] [--series N] [--restart N]`: what judging a value costs, what is remembered of many
series, and how soon Andon is ready again with them.
"""

import argparse

from rich.console import Console
from rich.table import Table

from benchmarks.rules.charted_values import CHARTED, nanoseconds
from benchmarks.rules.judged_values import CASES, cost
from benchmarks.rules.kept_memories import RULES, measure
from benchmarks.rules.restart import measure as measure_restart

_POINTS = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    parser.add_argument("--values", type=int, default=4000, help="how many windows of a series are judged")
    parser.add_argument(
        "--series", type=int, default=10_000, help="of how many series checkpoints are kept; 0 for none"
    )
    parser.add_argument(
        "--restart", type=int, default=0, metavar="SERIES", help="kill and start Andon with so many; alone"
    )
    given = parser.parse_args()
    console = Console(width=120)
    if given.restart:
        console.print(_restarted(given.restart))
        return
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


def _restarted(series: int) -> Table:
    found = measure_restart(series)
    table = Table("what", "", title=f"Restart of `andon run` after kill -9: {series:,} series, {len(RULES)} rules")
    table.add_row("database of analytics", f"{found.file_bytes / 1e6:,.0f} MB")
    table.add_row("ready", f"{found.ready_seconds:.1f} s, {found.ready_cpu_seconds:.1f} s of CPU")
    table.add_row("first reading taken in", f"{found.taken_in_seconds:.1f} s")
    table.add_row("peak memory", f"{found.peak_memory_bytes / 2**20:,.0f} MiB")
    return table


if __name__ == "__main__":
    main()
