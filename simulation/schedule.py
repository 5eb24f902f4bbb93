"""What a seed is like: how much goes wrong, and which kind of thing happens how often."""

import random
from dataclasses import dataclass

from simulation.delivery import Habits
from simulation.faults import Rates

ACTIONS = (
    "step", "send", "make-batch", "move-clock", "kill", "start", "stop", "give-up", "find-out", "bury", "define", "goals", "issues",
    "fall-silent", "speak-again", "late-source", "replay",
)  # fmt: skip

_PAST = 0.3


@dataclass(frozen=True, slots=True)
class Schedule:
    """Drawn once for each seed.

    Attributes:
        actions: how many things happen before the system is left to settle.
        weights: of ACTIONS, in their order.
        all_is_past: no reading counts as news, so that windows that close wait for one another.
    """

    actions: int
    weights: tuple[float, ...]
    rates: Rates
    habits: Habits
    all_is_past: bool


def draw(chance: random.Random) -> Schedule:
    """Every seed has a character of its own, so that a rare thing is frequent in some of them."""
    weights = {
        "step": 100.0,
        "send": 12.0,
        "make-batch": 6.0,
        "move-clock": 8.0,
        "kill": chance.choice((0.0, 0.5, 2.0)),
        "start": 6.0,
        "stop": chance.choice((0.0, 0.5)),
        "give-up": chance.choice((0.0, 2.0, 6.0)),
        "find-out": 1.5,
        "bury": 4.0,
        "define": chance.choice((0.0, 1.0, 4.0)),
        "goals": 3.0,
        "issues": chance.choice((0.0, 3.0)),
        "fall-silent": 0.4,
        "speak-again": 0.4,
        "late-source": 0.5,
        "replay": 0.5,
    }
    rates = Rates(error=chance.choice((0.0, 0.002, 0.01, 0.03)), crash=chance.choice((0.0, 0.0, 0.002, 0.006)))
    habits = Habits(
        repeats=chance.choice((0.0, 0.05, 0.3)),
        returns=chance.choice((0.0, 0.05, 0.2)),
        holds_back=chance.choice((0.0, 0.2, 0.5)),
    )
    actions = chance.randint(120, 260)
    return Schedule(actions, tuple(weights[name] for name in ACTIONS), rates, habits, chance.random() < _PAST)
