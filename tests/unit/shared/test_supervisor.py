"""The supervisor: drives, retries what is expected, reports what is not, stops in time."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.runtime.clock import SystemClock
from shared.runtime.component import Activity
from shared.runtime.supervisor import Policy, Supervisor


class Hiccup(Exception):
    """Expected trouble."""


@dataclass
class Script:
    """A stepper that raises or returns what it is told, then rests."""

    outcomes: list[BaseException | bool]
    name: str = "test.script"
    done: threading.Event = field(default_factory=threading.Event)
    closed: int = 0

    def step(self, now: datetime) -> bool:
        if not self.outcomes:
            self.done.set()
            return False
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self) -> None:
        self.closed += 1


@dataclass
class Part:
    """A component of one activity."""

    script: Script
    name: str = "test"
    starts: bool = True
    log: list[str] = field(default_factory=list)

    @property
    def activities(self) -> Sequence[Activity]:
        return [Activity(self.script, timedelta(milliseconds=1))]

    def start(self) -> None:
        if not self.starts:
            raise RuntimeError("no")
        self.log.append(f"start {self.name}")

    def stop(self) -> None:
        self.log.append(f"stop {self.name}")
        self.script.close()

    def unready(self) -> Sequence[str]:
        return []


@dataclass
class Notes:
    """An observer that remembers."""

    seen: list[str] = field(default_factory=list)
    failure: threading.Event = field(default_factory=threading.Event)

    def started(self, activity: str) -> None:
        self.seen.append(f"started {activity}")

    def retried(self, activity: str, error: Exception) -> None:
        self.seen.append(f"retried {error}")

    def failed(self, activity: str, error: BaseException) -> None:
        self.seen.append(f"failed {error}")
        self.failure.set()

    def abandoned(self, activity: str) -> None:
        self.seen.append(f"abandoned {activity}")


def supervisor(parts: Sequence[Part], notes: Notes) -> Supervisor:
    policy = Policy(operational=(Hiccup,), stop_within=timedelta(seconds=5))
    return Supervisor(parts, clock=SystemClock(), policy=policy, observer=notes)


def test_expected_trouble_is_retried_and_nothing_is_reported_as_failed() -> None:
    notes, script = Notes(), Script([True, Hiccup("away"), True])
    running = supervisor([Part(script)], notes)
    running.start()
    assert script.done.wait(5)
    running.stop()
    assert notes.seen == ["started test.script", "retried away"]
    assert running.unready() == []


def test_an_unexpected_error_ends_that_activity_alone_and_is_named() -> None:
    notes = Notes()
    broken, healthy = Script([ValueError("bug")], name="test.broken"), Script([True] * 3, name="test.healthy")
    running = supervisor([Part(broken), Part(healthy)], notes)
    running.start()
    assert notes.failure.wait(5)
    assert healthy.done.wait(5)
    assert running.unready() == ["test.broken has stopped: ValueError: bug"]
    running.stop()


def test_components_stop_in_reverse_order() -> None:
    log: list[str] = []
    parts = [Part(Script([]), name=name, log=log) for name in ("first", "second")]
    running = supervisor(parts, Notes())
    running.start()
    running.stop()
    assert log == ["start first", "start second", "stop second", "stop first"]


def test_a_component_that_cannot_start_stops_those_before_it() -> None:
    log: list[str] = []
    parts = [Part(Script([]), name="first", log=log), Part(Script([]), name="second", log=log, starts=False)]
    with pytest.raises(RuntimeError):
        supervisor(parts, Notes()).start()
    assert log == ["start first", "stop second", "stop first"]


def test_an_activity_that_does_not_end_is_left_behind_within_the_bound() -> None:
    released = threading.Event()

    class Stubborn(Script):
        def step(self, now: datetime) -> bool:
            self.done.set()
            released.wait(10)
            return False

    notes = Notes()
    stubborn = [Part(Stubborn([], name=f"test.stubborn-{number}")) for number in range(3)]
    policy = Policy(operational=(), stop_within=timedelta(milliseconds=200))
    running = Supervisor(stubborn, clock=SystemClock(), policy=policy, observer=notes)
    running.start()
    assert all(part.script.done.wait(5) for part in stubborn)
    begun = time.monotonic()
    running.stop()
    assert time.monotonic() - begun < 1
    assert [note for note in notes.seen if note.startswith("abandoned")] == [
        f"abandoned test.stubborn-{number}" for number in (2, 1, 0)
    ]
    released.set()
