"""What is done to an installation and when: drawn by a seed, each step of the table at least once."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.runtime.failpoints import STEPS

Kind = Literal["moment", "step", "pause", "pause-at-step", "broker", "database", "disk"]

SERVICES_OF_STEP: Mapping[str, tuple[str, ...]] = {
    "body-rejected-kept": ("ingest",),
    "body-readings-appended": ("ingest",),
    "body-answer-ready": ("ingest",),
    "raw-taken": ("ingest",),
    "raw-committed": ("ingest",),
    "release-appended": ("ingest",),
    "replay-appended": ("ingest",),
    "log-rows-written": ("ingest",),
    "log-rows-committed": ("ingest",),
    "partitions-read": ("ingest", "analytics", "issues", "goals"),
    "dead-letter-put": ("analytics", "issues", "goals"),
    "batch-handled": ("analytics", "issues", "goals"),
    "broker-told": ("analytics", "issues", "goals"),
    "fold-polled": ("analytics",),
    "fold-written": ("analytics",),
    "fold-committed": ("analytics",),
    "evaluate-polled": ("analytics",),
    "evaluate-written": ("analytics",),
    "evaluate-committed": ("analytics",),
    "clock-written": ("analytics",),
    "clock-committed": ("analytics",),
    "outbox-numbered": ("analytics", "issues", "goals"),
    "outbox-appended": ("analytics", "issues", "goals"),
    "outbox-forgotten": ("analytics", "issues", "goals"),
    "targets-written": ("analytics",),
    "targets-committed": ("analytics",),
    "verdicts-written": ("analytics",),
    "verdicts-committed": ("analytics",),
    "anomalies-written": ("issues",),
    "anomalies-committed": ("issues",),
    "definitions-known-written": ("issues",),
    "goals-known-written": ("issues",),
    "overdue-written": ("issues",),
    "attainment-written": ("goals",),
    "attainment-committed": ("goals",),
    "changes-adopted-written": ("goals",),
    "periods-written": ("goals",),
}
"""Step → the services that pass it; in one process they are all the same."""

_EMBEDDED_ONLY = ("log-rows-written", "log-rows-committed")
_KAFKA_ONLY = ("raw-taken", "raw-committed", "dead-letter-put")
_OFTEN = ("body-", "raw-", "log-rows-", "fold-", "evaluate-", "outbox-", "batch-")
_LATEST_PASSING = 6
_LONGEST_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Strike:
    """One thing that is done.

    Attributes:
        victim: name of the process; empty for strikes at what all of them use.
        step: the fail-point; empty unless the kind says so.
        passing: from 1, at which passing of the step.
        seconds: what is waited before (a moment), or how long it lasts (everything else).
    """

    kind: Kind
    victim: str = ""
    step: str = ""
    passing: int = 1
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.step:
            return f"{self.kind} {self.victim} {self.step}:{self.passing}"
        lapse = f"{self.seconds:.1f} s" if self.seconds else ""
        return " ".join(part for part in (self.kind, self.victim, lapse) if part)


def steps_on(log: str) -> tuple[str, ...]:
    """The steps that an installation on this log passes; `embedded` or `kafka`."""
    absent = _KAFKA_ONLY if log == "embedded" else _EMBEDDED_ONLY
    return tuple(step for step in STEPS if step not in absent)


def strikes(
    seed: int,
    *,
    kills: int,
    steps: Sequence[str],
    processes: Mapping[str, Sequence[str]],
    faults: Sequence[Strike] = (),
) -> list[Strike]:
    """A plan with `kills` kills and the faults, in an order by lot.

    Args:
        processes: name → the services that it runs. Of several that run a service, one is drawn.
        steps: each is struck once, as far as the kills reach; the kills that are left strike at any moment.
    """
    chance = random.Random(f"plan/{seed}")
    chosen = chance.sample(list(steps), min(kills, len(steps)))
    at_steps = [_at_step(chance, step, processes) for step in chosen]
    names = sorted(processes)
    at_moments = [
        Strike("moment", chance.choice(names), seconds=chance.uniform(0, _LONGEST_WAIT_SECONDS))
        for _ in range(kills - len(at_steps))
    ]
    plan = [*at_steps, *at_moments, *faults]
    chance.shuffle(plan)
    return plan


def _at_step(chance: random.Random, step: str, processes: Mapping[str, Sequence[str]]) -> Strike:
    service = chance.choice(SERVICES_OF_STEP[step])
    victims = sorted(name for name, services in processes.items() if service in services)
    passing = chance.randint(1, _LATEST_PASSING) if step.startswith(_OFTEN) else 1
    return Strike("step", chance.choice(victims), step, passing)
