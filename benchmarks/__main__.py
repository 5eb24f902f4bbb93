"""`python -m benchmarks [part ...] [--size quick|full]`: measure, print tables, write JSON."""

import argparse

from benchmarks.broker import Broker, running_broker
from benchmarks.measurement import Failure, Measurement
from benchmarks.parts import PARTS
from benchmarks.report import show
from benchmarks.result_store import ResultStore
from benchmarks.size import SIZES, Size


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; none means all")
    parser.add_argument("--size", choices=sorted(SIZES), default="quick")
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    size, store = SIZES[given.size], ResultStore(given.size)
    with running_broker() as broker:
        for name in given.parts or PARTS:
            _measure(name, broker=broker, size=size, store=store)
    print(f"written: {store.path}")


def _measure(name: str, *, broker: Broker, size: Size, store: ResultStore) -> None:
    measurements: list[Measurement] = []
    failures: list[Failure] = []
    for one in PARTS[name](broker, size):
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
