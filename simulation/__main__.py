"""`python -m simulation --seeds 200` runs many seeds, `--seed 4711` replays one with its trace."""

import argparse
import os
import sys
from collections.abc import Sequence

from simulation.runner import Result, be_quiet, run_everywhere, single_threaded
from simulation.verdict import run_seed
from simulation.world import Plant

_EVERY = 100


class _Telling:
    """Prints what fails as soon as it is known, and how far the run has come."""

    def __init__(self) -> None:
        self.done = self.faults = 0
        self.failed: list[int] = []

    def __call__(self, result: Result) -> None:
        self.done += 1
        self.faults += result.faults
        if result.wrong:
            self.failed.append(result.seed)
            _print_wrong(result.seed, result.wrong)
        if self.done % _EVERY == 0:
            print(f"{self.done} seeds, {self.faults} faults, {len(self.failed)} failed", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Returns the number of failed seeds, at most 1 as an exit code."""
    options = _parsed(arguments)
    if options.seed is not None:
        return _replay(options.seed)
    telling = _Telling()
    run_everywhere(range(options.first, options.first + options.seeds), options.processes, telling)
    print(f"{telling.done} seeds, {telling.faults} faults, {len(telling.failed)} failed")
    return 1 if telling.failed else 0


def _replay(seed: int) -> int:
    be_quiet()
    verdict = run_seed(Plant(), seed)
    print("\n".join(verdict.trace.lines))
    print(f"trace {verdict.trace.digest()[:16]}, {verdict.faults} faults")
    if verdict.wrong:
        _print_wrong(seed, verdict.wrong)
    return 1 if verdict.wrong else 0


def _print_wrong(seed: int, wrong: Sequence[str]) -> None:
    lines = [
        f"seed {seed} failed; replay it with: python -m simulation --seed {seed}",
        *(f"  {line}" for line in wrong),
    ]
    print("\n".join(lines), flush=True)


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one for each core")
    parser.add_argument("--seed", type=int, help="replay this one, and print its trace")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    wanted = single_threaded()
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, "-m", "simulation", *sys.argv[1:]], wanted)  # noqa: S606 - itself
    sys.exit(main(sys.argv[1:]))
