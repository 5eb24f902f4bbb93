"""`python -m benchmarks [part ...] [--size quick|full]`: measure, print tables, write JSON."""

import argparse
from collections.abc import Iterable, Mapping
from functools import partial

from benchmarks import comparison
from benchmarks.broker import running_broker
from benchmarks.measurement import Failure, Measurement
from benchmarks.parts import PARTS, Part
from benchmarks.report import show, show_targets
from benchmarks.result_store import ResultStore
from benchmarks.size import SIZES
from benchmarks.targets import judge


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; none means all")
    parser.add_argument("--size", choices=sorted(SIZES), default="quick")
    names = [contender.name for contender in comparison.CONTENDERS]
    parser.add_argument("--without", nargs="+", default=[], choices=names, help=f"leave out of {comparison.PART}")
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    size, store = SIZES[given.size], ResultStore(given.size)
    parts: Mapping[str, Part] = {**PARTS, comparison.PART: partial(comparison.measure, without=given.without)}
    with running_broker() as broker:
        for name in given.parts or parts:
            _measure(name, parts[name](broker, size), store)
    targets = judge(store.measurements())
    show_targets(targets, given.size)
    store.keep_targets(targets)
    print(f"written: {store.path}")


def _measure(name: str, measured: Iterable[Measurement | Failure], store: ResultStore) -> None:
    measurements: list[Measurement] = []
    failures: list[Failure] = []
    for one in measured:
        if isinstance(one, Failure):
            print(f"{one.contender} could not be measured: {one.reason}", flush=True)
            failures.append(one)
        else:
            print(_line(one), flush=True)
            measurements.append(one)
    show(name, measurements)
    store.keep(name, measurements, failures)


def _line(one: Measurement) -> str:
    cpu = "" if one.per_cpu_second is None else f" | {one.per_cpu_second:,.0f} a second of CPU"
    return f"{one.contender} | {one.case} | {one.per_wall_second:,.0f} a second{cpu}"


if __name__ == "__main__":
    main()
