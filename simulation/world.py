"""The simulated world: everything there is, and one thing that happens in it after the other."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from services.analytics.domain import checkpoint
from services.analytics.use_cases import closing_windows
from shared.process.service import OPERATIONAL_ERRORS
from shared.runtime.component import Stepper
from shared.runtime.identifiers import CountingIds
from simulation.client import Client, Refused, Unanswered
from simulation.clock import SimulatedClock
from simulation.events import EventMaker
from simulation.faults import Crash, Faults
from simulation.instances import Fleet, Instance, build_fleet
from simulation.log import LogDoor, SimulatedLog
from simulation.people import ADMIN, Definers, GoalSetters, IssueOwners
from simulation.plant import DEFINITIONS, LATE_SOURCE, SOURCES, owner_of, parse_path
from simulation.schedule import ACTIONS, Schedule, draw
from simulation.senders import Senders
from simulation.settling import Settling, Stuck
from simulation.trace import Trace

_MOST_TRIES = 300
_RETRY_AFTER = timedelta(seconds=6)
_JUMPS = (timedelta(seconds=3), timedelta(seconds=20), timedelta(minutes=20), timedelta(hours=3), timedelta(hours=16))
_LONG_AFTER = timedelta(days=60)

_ANCHOR_EVERY = 2
_NEVER = -timedelta(days=36_500)

_LIFT_REFUSALS = (".readings", ".backlog", ".definitions", ".outbox")
"""Endings of the names of activities that requests wait for: what was sent has to be counted, what was defined heard of."""

_WAY_OF_READINGS = 4
"""How much more often a step comes that carries readings on their way; most other steps find nothing to do."""


class _Ids(CountingIds):
    """Predictable ids that begin anew with each seed."""

    _first = 0

    def keep_as_template(self) -> None:
        """From now on `begin_anew` comes back to where this stands now."""
        self._first = self._count

    def begin_anew(self) -> None:
        self._count = self._first


class Plant:
    """What is built once per process: the services, their databases, the log, and the definitions in force at the start."""

    def __init__(self) -> None:
        self.clock, self.ids, self.faults = SimulatedClock(), _Ids(), Faults()
        self.log = SimulatedLog(self.clock, SOURCES)
        self.fleet: Fleet = build_fleet(clock=self.clock, ids=self.ids, log=self.log, faults=self.faults)
        for path, body in DEFINITIONS.items():
            operation, name = parse_path(path)
            self.fleet.of(owner_of(path))[0].client.call(operation, ADMIN, body, name=name)
        for database in self.fleet.databases.values():
            database.keep_as_template()
        self.ids.keep_as_template()


class World:
    """One seed's life of the plant."""

    def __init__(self, plant: Plant, seed: int) -> None:
        self.plant, self.seed, self.trace = plant, seed, Trace()
        self.clock, self.log, self.fleet, self.faults = plant.clock, plant.log, plant.fleet, plant.faults
        self.chance = random.Random(f"{seed} schedule")
        self.schedule: Schedule = draw(self.chance)
        maker = EventMaker(random.Random(f"{seed} events"))
        self.senders = Senders(random.Random(f"{seed} senders"), maker, self.trace)
        self.definers = Definers(random.Random(f"{seed} definers"), self.trace)
        self.goal_setters = GoalSetters(self.trace)
        self.issue_owners = IssueOwners(random.Random(f"{seed} issues"), self.trace)
        self.outside = LogDoor(self.log, self.faults)
        self._settling = Settling(fleet=self.fleet, clock=self.clock, take_step=self._take_step)
        self._begin_anew()
        self._doings: Mapping[str, Callable[[], None]] = {
            "step": self._step,
            "send": self._send,
            "make-batch": lambda: self.senders.make_batch(self.clock.now()),
            "move-clock": lambda: self._move_clock(self.chance.choice(_JUMPS)),
            "kill": self._kill,
            "start": self._start,
            "stop": self._stop,
            "give-up": self._give_up,
            "find-out": self._find_out,
            "bury": self._bury,
            "define": self._define,
            "goals": self._goals,
            "issues": self._issues,
            "fall-silent": self.senders.fall_silent,
            "speak-again": self.senders.speak_again,
            "late-source": self.definers.plan_late_source,
            "replay": self._replay,
        }

    def _begin_anew(self) -> None:
        self.clock.begin_anew()
        self.plant.ids.begin_anew()
        self.log.begin_anew(random.Random(f"{self.seed} delivery"), self.schedule.habits)
        for database in self.fleet.databases.values():
            database.begin_anew()
        for instance in self.fleet.instances:
            instance.door.consumers.clear()
            instance.start()
        self.faults.begin_anew(random.Random(f"{self.seed} faults"), self.trace, self.schedule.rates)

    def live(self) -> None:
        """Let things happen, then let the system come to rest."""
        with _near_anchors(), _news_within(_NEVER if self.schedule.all_is_past else closing_windows.LONG_AGO):
            for _ in range(self.schedule.actions):
                self.do(self.chance.choices(ACTIONS, self.schedule.weights)[0])
            self.come_to_rest()

    def do(self, action: str) -> None:
        self._doings[action]()

    def come_to_rest(self) -> None:
        """Nothing fails any more; whatever was begun is brought to its end, and so much time passes that every window closes."""
        self.trace.note("everything works again")
        self.faults.pause()
        self.log.calm_down()
        self._read_on_beside()
        for instance in self.fleet.instances:
            instance.find_out()
            if not instance.lives:
                instance.start()
        self.definers.plan_late_source()
        self._finish()
        self.settle()
        self._move_clock(_LONG_AFTER)
        self.settle()
        for _ in range(2):  # for what is done only now and then, and for what is told of that
            self._move_clock(_RETRY_AFTER)
            self.settle()

    def _read_on_beside(self) -> None:
        """Who was given up and has not found out reads once more what waits, beside the new owner: only fences stop its writes."""
        for instance in self.fleet.living():
            groups = {consumer.group for consumer in instance.door.consumers if consumer.is_given_up}
            beside = [one for one in self.fleet.at_work() if one[1].name in groups]
            for reader, stepper in sorted(beside, key=lambda one: one[0] is instance):
                self._take_step(reader, stepper)

    def _finish(self) -> None:
        """Bring to its end what was begun."""
        for _ in range(_MOST_TRIES):
            is_refused = False  # whatever was refused before everything worked again
            if self.definers.waiting:
                self._define()
            elif self.senders.waiting:
                self.senders.send_waiting(self._any("ingest")[1], self.outside)
                is_refused = self.senders.refused
            elif self.goal_setters.has_begun and not self.goal_setters.is_active:
                self._goals()
                is_refused = self.goal_setters.refused
            else:
                self._replay()
                return
            if is_refused:
                self._settling.settle(only=_LIFT_REFUSALS)
                self._move_clock(_RETRY_AFTER)
        raise Stuck(f"not all requests were answered after {_MOST_TRIES} tries")

    def settle(self) -> None:
        """Step everything until nobody has anything left to do."""
        self._settling.settle()

    def _take_step(self, instance: Instance, stepper: Stepper) -> bool:
        """One step, as the supervisor would see it: expected trouble is tried again, anything else is a fault of the program."""
        try:
            return stepper.step(self.clock.now())
        except OPERATIONAL_ERRORS as error:
            self.trace.note(f"    {instance.name} will try again: {type(error).__name__}")
            return True

    def _on_behalf_of(self, instance: Instance | None, doing: Callable[[], object]) -> None:
        """Do something that may kill an instance."""
        try:
            doing()
        except Crash:
            if instance is not None:
                self.trace.note(f"  {instance.name} dies")
                instance.die()

    def _step(self) -> None:
        living = self.fleet.living()
        if not living:
            return
        instance = self.chance.choice(living)
        weights = [_WAY_OF_READINGS if _is_on_the_way(stepper) else 1 for stepper in instance.steppers]
        stepper = self.chance.choices(instance.steppers, weights)[0]
        self.trace.note(f"{instance.name} steps {stepper.name}")
        self._on_behalf_of(instance, lambda: self._take_step(instance, stepper))

    def _any(self, service: str) -> tuple[Instance | None, Client | None]:
        """An instance that answers, and its client."""
        living = [one for one in self.fleet.of(service) if one.lives]
        if not living:
            return None, None
        chosen = self.chance.choice(living)
        return chosen, chosen.client

    def _send(self) -> None:
        instance, client = self._any("ingest")
        self._on_behalf_of(instance, lambda: self.senders.send(client, self.outside))

    def _define(self) -> None:
        if not self.definers.waiting:
            self.definers.plan()
        if self.definers.waiting:
            instance, client = self._any(owner_of(self.definers.waiting[0][0]))
            self._on_behalf_of(instance, lambda: self.definers.send(client))

    def _goals(self) -> None:
        if not self.goal_setters.is_active:
            instance, client = self._any("goals")
            self._on_behalf_of(instance, lambda: self.goal_setters.go_on(client))

    def _issues(self) -> None:
        instance, client = self._any("issues")
        self._on_behalf_of(instance, lambda: self.issue_owners.act(client))

    def _replay(self) -> None:
        instance, client = self._any("ingest")
        if client is None:
            return
        try:
            self._on_behalf_of(
                instance, lambda: client.call("POST /v1/quarantine/replay", ADMIN, {"source": LATE_SOURCE})
            )
        except (Unanswered, Refused) as error:
            self.trace.note(f"  no answer to the replay: {error}")

    def _move_clock(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.trace.note(f"it is {self.clock.now().isoformat()}")

    def _kill(self) -> None:
        living = self.fleet.living()
        if living:
            instance = self.chance.choice(living)
            self.trace.note(f"{instance.name} is killed")
            instance.die()

    def _start(self) -> None:
        dead = [one for one in self.fleet.instances if not one.lives]
        if dead:
            instance = self.chance.choice(dead)
            self.trace.note(f"{instance.name} starts")
            instance.start()

    def _stop(self) -> None:
        living = self.fleet.living()
        if living:
            instance = self.chance.choice(living)
            self.trace.note(f"{instance.name} is stopped")
            self._on_behalf_of(instance, instance.stop)

    def _give_up(self) -> None:
        consumers = [consumer for one in self.fleet.living() for consumer in one.door.consumers]
        if consumers:
            number = self.chance.randrange(len(consumers))
            self.trace.note(f"a group gives up its member {number}")
            consumers[number].give_up()

    def _find_out(self) -> None:
        for instance in self.fleet.living():
            instance.find_out()

    def _bury(self) -> None:
        for instance in self.fleet.instances:
            if not instance.lives:
                instance.bury()


@contextmanager
def _near_anchors() -> Iterator[None]:
    """Rules that remember keep anchors of short series, too: a seed's have a few windows, and anchors lie 128 apart."""
    usual = checkpoint.ANCHOR_EVERY
    checkpoint.ANCHOR_EVERY = _ANCHOR_EVERY
    try:
        yield
    finally:
        checkpoint.ANCHOR_EVERY = usual


@contextmanager
def _news_within(time: timedelta) -> Iterator[None]:
    usual, closing_windows.LONG_AGO = closing_windows.LONG_AGO, time
    try:
        yield
    finally:
        closing_windows.LONG_AGO = usual


def _is_on_the_way(stepper: Stepper) -> bool:
    return stepper.name.endswith((".readings", ".pane-deltas", ".outbox"))
