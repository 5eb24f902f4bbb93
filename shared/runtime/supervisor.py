"""Starts components in order, drives their activities with a thread each, and stops everything in reverse within a bound."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from shared.runtime.clock import Clock
from shared.runtime.component import Activity, Component

_LONGEST_RETRY = timedelta(seconds=5)
_FIRST_RETRY = timedelta(milliseconds=100)


class Observer(Protocol):
    """Told what happens to activities; logging and metrics stand behind it."""

    def started(self, activity: str) -> None: ...

    def retried(self, activity: str, error: Exception) -> None:
        """Expected trouble: the activity goes on after a pause."""
        ...

    def failed(self, activity: str, error: BaseException) -> None:
        """The activity has ended for good; a person must look."""
        ...

    def abandoned(self, activity: str) -> None:
        """The activity did not stop within the bound and was left behind."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """Which errors are expected trouble, and how long stopping may take."""

    operational: tuple[type[Exception], ...]
    stop_within: timedelta


@dataclass
class _Driven:
    activity: Activity
    thread: threading.Thread = field(init=False)


class Supervisor:
    """Runs components until it is stopped. One activity's failure is reported by name and leaves the others running."""

    def __init__(self, components: Sequence[Component], *, clock: Clock, policy: Policy, observer: Observer) -> None:
        self._components = components
        self._clock = clock
        self._policy = policy
        self._observer = observer
        self._stopping = threading.Event()
        self._driven: list[_Driven] = []
        self._failed: dict[str, str] = {}

    def start(self) -> None:
        """Start each component, then its activities. If one cannot start, what was started is stopped and it raises."""
        try:
            for component in self._components:
                component.start()
                for activity in component.activities:
                    self._drive(activity)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ask every activity to end, wait within the bound, then stop the components in reverse. Twice changes nothing."""
        self._stopping.set()
        deadline = time.monotonic() + self._policy.stop_within.total_seconds()
        for driven in reversed(self._driven):
            driven.thread.join(timeout=max(0.0, deadline - time.monotonic()))
            if driven.thread.is_alive():
                self._observer.abandoned(driven.activity.stepper.name)
        self._driven = []
        for component in reversed(self._components):
            component.stop()

    def unready(self) -> Sequence[str]:
        """One sentence for each activity that has failed."""
        return [f"{name} has stopped: {reason}" for name, reason in self._failed.items()]

    def _drive(self, activity: Activity) -> None:
        driven = _Driven(activity)
        driven.thread = threading.Thread(target=self._run, args=(activity,), name=activity.stepper.name, daemon=True)
        self._driven.append(driven)
        self._observer.started(activity.stepper.name)
        driven.thread.start()

    def _run(self, activity: Activity) -> None:
        pause = _FIRST_RETRY
        while not self._stopping.is_set():
            try:
                more = activity.stepper.step(self._clock.now())
            except self._policy.operational as error:
                self._observer.retried(activity.stepper.name, error)
                self._stopping.wait(pause.total_seconds())
                pause = min(pause * 2, _LONGEST_RETRY)
                continue
            except BaseException as error:  # noqa: BLE001 - whatever ends the thread must be reported
                self._failed[activity.stepper.name] = f"{type(error).__name__}: {error}"
                self._observer.failed(activity.stepper.name, error)
                return
            pause = _FIRST_RETRY
            if not more:
                self._stopping.wait(activity.rest.total_seconds())
