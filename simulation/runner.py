"""Many seeds on several processes, each process with a plant of its own."""

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from shared.process.frame_engine import ONE_THREAD
from shared.telemetry.logging import configure_logging
from simulation.verdict import run_seed
from simulation.world import Plant

_AT_ONCE = 10
_GARBAGE_AT = 50_000


@dataclass(frozen=True, slots=True)
class Result:
    """What a run of many seeds keeps of each."""

    seed: int
    wrong: tuple[str, ...]
    digest: str
    faults: int


def be_quiet() -> None:
    """Expected trouble is what this is about; the program need not tell of it."""
    configure_logging(level="critical", log_format="console")


def plant_for_many_seeds() -> Plant:
    """A plant that the garbage collector need not look through again, which takes a twelfth of a seed's time otherwise."""
    plant = Plant()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AT)
    return plant


def run_seeds(plant: Plant, seeds: Sequence[int]) -> Iterator[Result]:
    """One seed after the other, in this process."""
    for seed in seeds:
        verdict = run_seed(plant, seed)
        yield Result(seed, verdict.wrong, verdict.trace.digest(), verdict.faults)


def run_everywhere(seeds: Sequence[int], processes: int, tell: Callable[[Result], None]) -> None:
    """All seeds, on so many processes; blocks until the last one is done."""
    portions = [seeds[begin : begin + _AT_ONCE] for begin in range(0, len(seeds), _AT_ONCE)]
    # Spawned, not forked: polars has threads, which a fork would leave behind locked.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=begin_worker) as pool:
        for results in pool.map(_run_portion, portions):
            for result in results:
                tell(result)


_PLANTS: list[Plant] = []


def begin_worker() -> None:
    """What each worker does first."""
    be_quiet()
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed cannot end its workers, and they would work off what it has handed out, and wait for more for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_portion(seeds: Sequence[int]) -> list[Result]:
    if not _PLANTS:
        _PLANTS.append(plant_for_many_seeds())
    return list(run_seeds(_PLANTS[0], seeds))


def single_threaded() -> dict[str, str]:
    """The environment in which a seed repeats itself line by line, in whichever process it runs."""
    return {**os.environ, "PYTHONHASHSEED": "0", **ONE_THREAD}
