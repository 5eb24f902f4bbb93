"""One seed from beginning to end, and what was wrong at its end."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from simulation.checks.followed import check_copies, check_goals, check_issues, check_verdicts
from simulation.checks.published import check_last_words, check_numbers, check_once, check_progress, published
from simulation.checks.quality import check_quality
from simulation.checks.stored import Expectation, check_anomalies, check_quarantine, check_values
from simulation.trace import Trace
from simulation.world import Plant, World

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one seed. `wrong` is empty where everything is as it must be."""

    seed: int
    wrong: tuple[str, ...]
    trace: Trace
    faults: int


def run_seed(plant: Plant, seed: int) -> Verdict:
    """Live through one seed and judge it."""
    world = World(plant, seed)
    try:
        world.live()
        wrong = tuple(_wrong(world))
    except Exception as error:  # noqa: BLE001 - whatever ends a seed is what was looked for
        wrong = (f"{type(error).__name__}: {error}", *traceback.format_tb(error.__traceback__)[-4:])
    return Verdict(seed, wrong[:_MOST_SHOWN], world.trace, plant.faults.struck)


def _wrong(world: World) -> Iterator[str]:
    expected = Expectation(
        world.fleet, world.senders.maker.ledger, world.definers.in_force, world.goal_setters.is_active
    )
    yield from check_quarantine(expected)
    yield from check_values(expected)
    yield from check_quality(expected)
    yield from check_anomalies(expected)
    yield from check_numbers(world.log.archive)
    events = published(world.log.archive)
    yield from check_once(events)
    yield from check_last_words(expected, events)
    yield from check_issues(expected, events)
    yield from check_verdicts(expected)
    yield from check_goals(expected, events)
    yield from check_copies(expected)
    yield from check_progress(world.log)
