"""Steps at which a test may end the process: the places where the code says what a crash would mean.

Nothing happens unless the setting ANDON_FAIL_POINTS names a step; `arm` is called once, before any thread is started. Off, a
step costs the look at one global.
"""

import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass

STEPS: Mapping[str, str] = {
    "body-rejected-kept": "what is wrong is in quarantine, what is right is not on the log",
    "body-readings-appended": "the readings are on the log, the sender has no answer",
    "body-answer-ready": "all of the body is durable, the sender has no answer",
    "raw-taken": "records of raw topics are taken in, the position stands where it was",
    "raw-committed": "records of raw topics are taken in, and the position has moved",
    "release-appended": "a corrected event is on the log, its entry is still open",
    "replay-appended": "mended events are on the log, their entries are still open",
    "log-rows-written": "records are in the embedded log's transaction, which has not ended",
    "log-rows-committed": "records are on the embedded log, nobody who waits has heard of it",
    "partitions-read": "offsets are read from the database, no record is",
    "dead-letter-put": "a record is with the dead letters, the position stands before it",
    "batch-handled": "effect and position are committed, the broker has not heard of it",
    "broker-told": "the broker has heard how far the group is",
    "fold-polled": "blocks are read, nothing is written",
    "fold-written": "seen ids, marks, deltas and position are written, not committed",
    "fold-committed": "they are committed, nothing is remembered of it",
    "evaluate-polled": "deltas are read, nothing is written",
    "evaluate-written": "panes, values, anomalies and position are written, not committed",
    "evaluate-committed": "they are committed, nothing is remembered of it",
    "clock-written": "what the clock brought about is written, not committed",
    "clock-committed": "what the clock brought about is committed",
    "outbox-numbered": "rows have their numbers, none of them is on the log",
    "outbox-appended": "rows are on the log, the outbox does not know it",
    "outbox-forgotten": "rows on the log are deleted from the outbox, not committed",
    "targets-written": "rules by goals are written in analytics, not committed",
    "targets-committed": "rules by goals are committed",
    "verdicts-written": "what people make of issues is noted in analytics, not committed",
    "verdicts-committed": "what people make of issues is noted in analytics",
    "anomalies-written": "issues are opened or changed, not committed",
    "anomalies-committed": "issues are opened or changed",
    "definitions-known-written": "issues has learned definitions, not committed",
    "goals-known-written": "issues has learned goals, not committed",
    "overdue-written": "deadlines that have passed are told, not committed",
    "attainment-written": "goals has recorded values, not committed",
    "attainment-committed": "goals has recorded values",
    "changes-adopted-written": "goals has learned definitions or issues, not committed",
    "periods-written": "goal sets are activated by the clock, not committed",
}
"""Every step, and what a crash there leaves behind. Each name stands in the code once; a test counts."""


class UnknownStep(ValueError):
    """ANDON_FAIL_POINTS names a step that there is not, or says badly when it is to happen."""


@dataclass
class _Armed:
    """One step that ends the process, at a passing counted from 1."""

    at: int
    signal: signal.Signals
    passed: int = 0


class _Switchboard:
    """The armed steps of this process. Counts passings of all threads together."""

    def __init__(self, armed: Mapping[str, _Armed]) -> None:
        self._armed = armed
        self._lock = threading.Lock()

    def pass_by(self, name: str) -> None:
        armed = self._armed.get(name)
        if armed is None:
            return
        with self._lock:
            armed.passed += 1
            strikes = armed.passed == armed.at
        if strikes:
            os.kill(os.getpid(), armed.signal)


_switchboard: _Switchboard | None = None


def arm(text: str) -> None:
    """Arm what a setting names; the empty text disarms everything.

    Args:
        text: `name[:passing[:stop]]`, separated by commas. The process is killed (SIGKILL) when it passes the step for the
            n-th time, the first by default; with `stop` it is paused (SIGSTOP) instead, until somebody sends SIGCONT.

    Raises:
        UnknownStep: with the remedy.
    """
    global _switchboard  # noqa: PLW0603 - the one switch of the process; a step must cost nothing when it is off
    armed = parse(text)
    _switchboard = _Switchboard(armed) if armed else None


def parse(text: str) -> dict[str, _Armed]:
    """Read the setting. Raises UnknownStep."""
    return dict(_one(item) for item in text.replace(" ", "").split(",") if item)


def fail_point(name: str) -> None:
    """A step that a test may choose for the process to end at. `name` stands in STEPS."""
    if _switchboard is not None:
        _switchboard.pass_by(name)


def _one(item: str) -> tuple[str, _Armed]:
    name, _, rest = item.partition(":")
    passing, _, action = rest.partition(":")
    if name not in STEPS:
        raise UnknownStep(f"{name!r} is no step to fail at; use one of {', '.join(STEPS)}")
    if not (passing or "1").isdigit() or int(passing or "1") < 1 or action not in ("", "stop"):
        raise UnknownStep(f"{item!r} cannot be read; write {name}, {name}:3 for the third passing, or {name}:3:stop")
    return name, _Armed(int(passing or "1"), signal.SIGSTOP if action else signal.SIGKILL)
