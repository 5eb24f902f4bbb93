"""The end of a seed: nothing is passed over that had something to do, and a system that never comes to rest is reported."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from shared.database.outbox import Relay
from shared.runtime.component import Stepper
from simulation.clock import SimulatedClock
from simulation.instances import Instance
from simulation.settling import Settling, Stuck
from simulation.verdict import run_seed
from simulation.world import Plant, World

SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_when_a_seed_has_settled_nobody_has_anything_left_to_do(plant: Plant, seed: int) -> None:
    world = World(plant, seed)
    world.live()
    written = {name: database.plain.written for name, database in plant.fleet.databases.items()}
    left = [stepper.name for _, stepper in plant.fleet.at_work() if stepper.step(plant.clock.now())]
    assert left == []
    assert {name: database.plain.written for name, database in plant.fleet.databases.items()} == written


def test_a_system_that_always_has_more_to_do_fails_its_seed(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Relay, "step", lambda _self, _now: True)
    assert any("outbox always has more to do" in line for line in run_seed(plant, 0).wrong)


class Plain:
    """A small system: activities of one service that write to its database or do not."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.written = 0
        self.steps: list[str] = []
        self.has_work: dict[str, Callable[[], bool]] = {}

    def settling(self) -> Settling:
        door = SimpleNamespace(changes=lambda: 0)
        instance: Any = SimpleNamespace(service=SimpleNamespace(name="only"), door=door)
        at_work = [(instance, SimpleNamespace(name=name)) for name in self.has_work]
        database = SimpleNamespace(plain=self)
        fleet: Any = SimpleNamespace(at_work=lambda: at_work, databases={"only": database})
        return Settling(fleet=fleet, clock=self.clock, take_step=self._step)

    def _step(self, _instance: Instance, stepper: Stepper) -> bool:
        self.steps.append(stepper.name)
        return self.has_work[stepper.name]()

    def write(self) -> bool:
        self.written += 1
        return True


def test_two_that_give_each_other_work_for_ever_are_reported() -> None:
    plain, turn = Plain(), count()
    plain.has_work = {name: lambda: next(turn) % 2 == 0 and plain.write() for name in ("one", "other")}
    with pytest.raises(Stuck, match="not quiet after 100 rounds"):
        plain.settling().settle()


def test_who_had_nothing_to_do_is_asked_again_only_after_a_change() -> None:
    plain = Plain()
    plain.has_work = {
        "waits": lambda: plain.written == 1 and plain.write(),
        "begins": lambda: plain.written == 0 and plain.write(),
        "idles": lambda: False,
    }
    settling = plain.settling()
    settling.settle()
    assert plain.written == 2
    assert plain.steps == ["waits", "begins", "begins", "idles", "waits", "waits", "begins", "idles"]
    plain.steps.clear()
    plain.clock.advance(timedelta(seconds=1))
    settling.settle()
    assert plain.steps == ["waits", "begins", "idles"]


def test_only_some_activities_are_stepped_where_only_those_are_asked_for() -> None:
    plain = Plain()
    plain.has_work = {"a.readings": lambda: False, "b.outbox": lambda: False, "c.deadlines": lambda: False}
    plain.settling().settle(only=(".readings", ".outbox"))
    assert plain.steps == ["a.readings", "b.outbox"]
