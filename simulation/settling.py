"""Letting the system come to rest: everything is stepped until nobody has anything left to do."""

from collections.abc import Callable
from typing import Any

from shared.runtime.component import Stepper
from simulation.clock import SimulatedClock
from simulation.instances import Fleet, Instance

_MOST_ROUNDS = 100
_MOST_STEPS = 300

TakeStep = Callable[[Instance, Stepper], bool]
"""Steps an activity; says whether it had anything to do."""


class Stuck(AssertionError):
    """The system does not come to rest although nothing fails any more."""


class Settling:
    """Settles one world.

    Who had nothing to do is asked again only when something has changed that it could see: what its instance reads of the log or
    who reads it, its service's database, or the clock. Two thirds of all steps would else find nothing.
    """

    def __init__(self, *, fleet: Fleet, clock: SimulatedClock, take_step: TakeStep) -> None:
        self._fleet = fleet
        self._clock = clock
        self._take_step = take_step
        self._quiet_since: dict[int, Any] = {}
        """By `id` of the activity, which lives as long as the fleet's list of it: what it could see when it had nothing to do."""

    def settle(self, only: tuple[str, ...] = ("",)) -> None:
        """Step everything until nobody has anything left to do.

        Args:
            only: how the names of the activities end that are stepped; by default all of them are.

        Raises:
            Stuck: that does not come about.
        """
        self._quiet_since = {}  # activities may have been opened since, and in the place of others
        for _ in range(_MOST_ROUNDS):
            at_work = [one for one in self._fleet.at_work() if one[1].name.endswith(only)]
            # Readings first: what both instances make of them goes on in one batch. Not any(...) over a generator: every
            # stepper has its turn in every round.
            in_turn = sorted(at_work, key=lambda one: not one[1].name.endswith(".readings"))
            moved = [self._drain(instance, stepper) for instance, stepper in in_turn]
            if not any(moved):
                return
        raise Stuck(f"not quiet after {_MOST_ROUNDS} rounds")

    def _drain(self, instance: Instance, stepper: Stepper) -> bool:
        """Step one activity until it has nothing left to do; says whether it had anything."""
        for count in range(_MOST_STEPS):
            sees = self._seen_by(instance)
            if self._quiet_since.get(id(stepper)) == sees:
                return count > 0
            had_something = self._take_step(instance, stepper)
            if not had_something and sees == self._seen_by(instance):
                self._quiet_since[id(stepper)] = sees
        raise Stuck(f"{stepper.name} always has more to do")

    def _seen_by(self, instance: Instance) -> Any:
        service = instance.service.name
        return instance.door.changes(), self._fleet.databases[service].plain.written, self._clock.now()
