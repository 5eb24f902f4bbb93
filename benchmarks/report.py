"""Measurements as a table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.measurement import Measurement
from benchmarks.targets import Judged

_MEBIBYTE = 2**20


def show(part: str, measurements: Sequence[Measurement]) -> None:
    """Print one part's measurements, with what each is to the first of its case."""
    table = Table(title=part, title_justify="left")
    for heading in ("what", "case", "events/s", "events/CPU-s", "ratio", "MiB", "also"):
        table.add_column(heading, justify="left" if heading in ("what", "case", "also") else "right")
    first: dict[str, Measurement] = {}
    for one in measurements:
        table.add_row(*_row(one, first.setdefault(one.case, one)))
    Console(width=160).print(table)


def show_targets(targets: Sequence[Judged], size: str) -> None:
    """Print every target, reached or not. Only a full run measures what the targets are stated for."""
    table = Table(title=f"targets, size {size}", title_justify="left")
    for heading in ("what", "must be", "is", "reached"):
        table.add_column(heading, justify="left" if heading in ("what", "reached") else "right")
    for one in targets:
        measured = "not measured" if one.measured is None else f"{one.measured:,.4g}"
        table.add_row(one.name, one.must, measured, {True: "yes", False: "NO", None: ""}[one.reached])
    Console(width=160).print(table)


def _row(one: Measurement, first: Measurement) -> tuple[str, ...]:
    memory = one.peak_memory_bytes
    return (
        one.contender,
        one.case,
        f"{one.per_wall_second:,.0f}",
        "" if one.per_cpu_second is None else f"{one.per_cpu_second:,.0f}",
        ratio(one, first),
        "" if memory is None else f"{memory / _MEBIBYTE:,.0f}",
        ", ".join(f"{name} {value:,.4g}" for name, value in one.figures.items()),
    )


def ratio(one: Measurement, other: Measurement) -> str:
    """Events per second of CPU compared, or of wall time where CPU was not measured."""
    if one.per_cpu_second is not None and other.per_cpu_second is not None:
        return f"{one.per_cpu_second / other.per_cpu_second:.2f}"
    return f"{one.per_wall_second / other.per_wall_second:.2f}"
