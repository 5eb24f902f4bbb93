"""Instances of the four services: built once per process, started, killed and started again in every seed.

What an instance remembers between steps lives in its activities, which are opened anew after each death. Behind the HTTP interface
only ingest remembers anything (decoders, how long readings wait), so it is built anew as well; for the others that would be the
same work for nothing, a third of a seed's time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from services.targets import ALL, build_service
from shared.process.platform import Platform
from shared.process.service import Service
from shared.runtime.clock import Clock
from shared.runtime.component import Stepper
from shared.runtime.identifiers import IdSource
from simulation.client import Client
from simulation.faults import Faults
from simulation.log import LogDoor, SimulatedLog
from simulation.memory_database import FaultyDatabase, MemoryDatabase, service_of

INSTANCES = {"ingest": 1, "analytics": 2, "issues": 2, "goals": 1}


_ONLY_MEASURE = frozenset({"analytics.gauges", "ingest.quarantine-gauge"})
"""Activities that change nothing; they would cost a tenth of a seed's time."""

_REMEMBER = frozenset({"ingest"})


@dataclass
class Instance:
    """One process of one service.

    Attributes:
        lives: whether it has activities; a dead one answers nothing.
    """

    name: str
    build: Callable[[], Service]
    door: LogDoor
    service: Service = field(init=False)
    client: Client = field(init=False)
    steppers: list[Stepper] = field(default_factory=list)
    lives: bool = False

    def __post_init__(self) -> None:
        self._build()

    def _build(self) -> None:
        self.service = self.build()
        self.client = Client(self.service)

    def start(self) -> None:
        """Open the activities; what the instance knew before is gone."""
        self.bury()
        if self.service.name in _REMEMBER:
            self._build()
        opened = [activity.stepper for activity in self.service.wiring.open_activities()]
        self.steppers = [stepper for stepper in opened if stepper.name not in _ONLY_MEASURE]
        self.lives = True

    def stop(self) -> None:
        """End in an orderly way. What `close` raises in the faulty world is as harmless as a death."""
        for stepper in reversed(self.steppers):
            stepper.close()
        self.steppers, self.lives = [], False

    def die(self) -> None:
        """End without a word: no step of the program runs any more. Its sessions end later, with `bury`."""
        self.steppers, self.lives = [], False

    def find_out(self) -> None:
        """Consumers that their groups have given up notice it."""
        for consumer in self.door.consumers:
            consumer.find_out()

    def bury(self) -> None:
        """The group coordinator notices that the dead do not answer."""
        for consumer in self.door.consumers:
            consumer.die()
        self.door.consumers.clear()


@dataclass(frozen=True, slots=True)
class Fleet:
    """All instances and their databases."""

    instances: Sequence[Instance]
    databases: dict[str, MemoryDatabase]

    def of(self, service: str) -> Sequence[Instance]:
        return [one for one in self.instances if one.service.name == service]

    def living(self) -> list[Instance]:
        return [one for one in self.instances if one.lives]

    def at_work(self) -> list[tuple[Instance, Stepper]]:
        """Every activity of the living."""
        return [(one, stepper) for one in self.living() for stepper in one.steppers]


def build_fleet(*, clock: Clock, ids: IdSource, log: SimulatedLog, faults: Faults) -> Fleet:
    """Build every instance and migrate the databases; nothing runs yet."""
    databases = {name: MemoryDatabase() for name in ALL}

    def instance(service: str, number: int) -> Instance:
        door = LogDoor(log, faults)

        def build() -> Service:
            platform = Platform(
                clock=clock,
                ids=ids,
                log=door,
                registry=CollectorRegistry(),
                data_dir=Path("simulated"),
                poll_wait=timedelta(
                    0
                ),  # the clock stands still while steps are taken: a consumer that gathers would never go on
                database=lambda url: FaultyDatabase(databases[service_of(url)], faults),
            )
            return build_service(service, platform)

        return Instance(f"{service}-{number}", build, door)

    instances = [instance(name, number) for name in ALL for number in range(1, INSTANCES[name] + 1)]
    for one in instances:
        one.service.wiring.migrations.upgrade()
    return Fleet(instances, databases)
