"""What a process can start, drive and stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Stepper(Protocol):
    """One background activity: a consumer's pump, an outbox relay, a timer.

    The thread around it only calls `step`, so a test can drive the whole system in one thread.
    """

    @property
    def name(self) -> str:
        """Unique in the process, `<service>.<activity>`."""
        ...

    def step(self, now: datetime) -> bool:
        """Do one bounded piece of work, and say whether more is waiting.

        May block for as long as its constructor was told (a poll's wait), never longer. What it raises is not caught:
        the supervisor stops the activity loudly.
        """
        ...

    def close(self) -> None:
        """Release what the activity holds; called once, after the last step. Calling it twice changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Activity:
    """A stepper and how long its thread rests when it says that nothing is waiting."""

    stepper: Stepper
    rest: timedelta


class Component(Protocol):
    """One service as a process sees it."""

    @property
    def name(self) -> str: ...

    @property
    def activities(self) -> Sequence[Activity]:
        """Filled by `start`; empty before it."""
        ...

    def start(self) -> None:
        """Open databases, migrate what is embedded, create topics, make consumers. Starting twice changes nothing."""
        ...

    def stop(self) -> None:
        """Close what `start` opened, in reverse order. Stopping twice, or before starting, changes nothing."""
        ...

    def unready(self) -> Sequence[str]:
        """Why the service cannot do its work now, one sentence each; empty when it can."""
        ...
