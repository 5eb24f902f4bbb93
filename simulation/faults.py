"""Failing before or after an effect, by lot: an error that the outside world gives, or the death of the process."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from simulation.trace import Trace


class Crash(BaseException):
    """The process dies here. Not an Exception, so that nothing in the program can catch it."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often an effect fails: chances between 0 and 1, of each moment before or after an effect."""

    error: float = 0.0
    crash: float = 0.0


NEVER = Rates()


class Faults:
    """Strikes at the effects of whatever step is under way."""

    def __init__(self) -> None:
        self.begin_anew(random.Random(0), Trace(), NEVER)

    def begin_anew(self, chance: random.Random, trace: Trace, rates: Rates) -> None:
        """Take another seed's chances."""
        self._chance = chance
        self._trace = trace
        self.rates = rates
        self.struck = 0

    def pause(self) -> None:
        """Nothing fails from now on."""
        self.rates = NEVER

    def strike(self, moment: str, error: Callable[[str], Exception]) -> None:
        """Perhaps fail here.

        Args:
            moment: what is about to happen or has happened, such as `after commit`.
            error: what the outside world raises then.
        """
        rates = self.rates
        if rates is NEVER:
            return
        lot = self._chance.random()
        if lot >= rates.error + rates.crash:
            return
        self.struck += 1
        kind = "crash" if lot < rates.crash else "error"
        self._trace.note(f"    {kind} {moment}")
        if kind == "crash":
            raise Crash(moment)
        raise error(f"made to fail {moment}")
