"""People of the simulated company: they change definitions, take a goal set to work, and work on issues. All ask again if need be."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.runtime.actor import Actor
from simulation.client import Client, Refused, Unanswered
from simulation.plant import (
    ADDITIONS,
    CHANGES,
    DEFINITIONS,
    GOAL_SET,
    GOALS,
    LATE_DEFINITION,
    Addition,
    Named,
    parse_path,
)
from simulation.trace import Trace

ADMIN = Actor("Chen", frozenset({"admin", "quality_manager"}))
MANAGER = Actor("Zhang", frozenset({"quality_manager", "department_liaison"}))
DIRECTOR = Actor("Wang", frozenset({"director"}))

_GOAL_STEPS: tuple[tuple[str, Actor, str], ...] = (
    ("decompose", ADMIN, "decomposing"),
    ("submit", ADMIN, "in_review"),
    ("vote-approve", DIRECTOR, "approved"),
    ("publish", ADMIN, "active"),
)
"""(trigger, who, the state that it leads to)."""

_ISSUE_TRIGGERS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("accept", {"owner": "Li Wei"}),
    ("reassign", {"owner": "Zhao Min"}),
    ("reclassify", {"severity": "minor", "reason": "less than it seemed"}),
    ("classify-correction", {"problem": {"what": "scratches"}}),
    ("hold", {"reason": "parts are on their way", "review_on": "2026-06-01T00:00:00Z"}),
    ("resume", {}),
    ("reject", {"reason_code": "false_signal"}),
    ("cancel", {"reason_code": "out_of_scope", "reason": "not ours"}),
)


@dataclass
class Definers:
    """Whoever defines calendars, indicators, rules and sources."""

    chance: random.Random
    trace: Trace
    in_force: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: dict(body) for name, body in DEFINITIONS.items()}
    )
    waiting: list[Named] = field(default_factory=list)
    _left: list[Named] = field(default_factory=lambda: list(CHANGES))
    _additions: list[Addition] = field(default_factory=lambda: list(ADDITIONS))

    def plan(self) -> None:
        """Decide on something new, or on one more change of what is in force or already decided."""
        if self._additions and self.chance.random() < 0.4:
            added = self._additions.pop(self.chance.randrange(len(self._additions)))
            self.waiting += added.definitions
            self._left += added.changes
        elif self._left:
            self._plan(*self._left.pop(self.chance.randrange(len(self._left))))

    def _plan(self, path: str, changed: Mapping[str, Any]) -> None:
        decided = [body for name, body in self.waiting if name == path]
        self.waiting.append((path, {**(decided[-1] if decided else self.in_force[path]), **changed}))

    def plan_late_source(self) -> None:
        """Register the source that has been sending already."""
        path, body = LATE_DEFINITION
        if path not in self.in_force and path not in [name for name, _ in self.waiting]:
            self.waiting.append((path, dict(body)))

    def send(self, client: Client | None) -> None:
        """Ask for what was decided first. Once it is answered it is in force."""
        path, body = self.waiting[0]
        if client is None:
            return
        operation, name = parse_path(path)
        try:
            client.call(operation, ADMIN, body, name=name)
        except Unanswered as error:
            self.trace.note(f"  no answer to the definition of {path}: {error}")
            return
        del self.waiting[0]
        self.in_force[path] = body
        self.trace.note(f"  {path} is now {body}")


@dataclass
class GoalSetters:
    """They bring the goal set to the state in which its goals count."""

    trace: Trace
    done: int = -1
    refused: bool = False

    @property
    def has_begun(self) -> bool:
        return self.done >= 0

    @property
    def is_active(self) -> bool:
        return self.done == len(_GOAL_STEPS)

    def go_on(self, client: Client | None) -> None:
        """The next step, or the same again where nobody knows what became of it."""
        self.refused = True
        try:
            self._try(client)
            self.refused = False
        except (Unanswered, Refused) as error:
            self.trace.note(f"  the goal set waits: {error}")

    def _try(self, client: Client | None) -> None:
        if client is None:
            raise Unanswered("goals is down")
        if self.done < 0:
            client.call("PUT /v1/goal-sets/{period}", ADMIN, GOALS, period=GOAL_SET)
            self.done = 0
            return
        trigger, actor, state = _GOAL_STEPS[self.done]
        try:
            after = client.call("POST /v1/goal-sets/{period}/{trigger}", actor, {}, period=GOAL_SET, trigger=trigger)
        except Refused:
            after = client.call("GET /v1/goal-sets/{period}", actor, period=GOAL_SET)
            if after.state != state:
                raise
        self.trace.note(f"  the goal set is {after.state}")
        self.done += 1


@dataclass
class IssueOwners:
    """They work on issues as they see them, and report some themselves.

    Attributes:
        reported: how many reports were answered, and how many may have been taken without an answer.
    """

    chance: random.Random
    trace: Trace
    reported: int = 0
    perhaps_reported: int = 0

    def act(self, client: Client | None) -> None:
        """Look at the issues, and do something with one."""
        if client is None:
            return
        try:
            if self.chance.random() < 0.2:
                self._report(client)
            else:
                self._advance(client)
        except (Unanswered, Refused) as error:
            self.trace.note(f"  on an issue: {error}")

    def _report(self, client: Client) -> None:
        body = {
            "title": "Scratches",
            "defect_class": "scratch",
            "problem": {"what": "scratches", "where": "hall 2", "when": "today"},
        }
        self.perhaps_reported += 1
        try:
            client.call("POST /v1/issues", MANAGER, body)
        except Refused:
            self.perhaps_reported -= 1
            raise
        self.perhaps_reported -= 1
        self.reported += 1

    def _advance(self, client: Client) -> None:
        issues = client.call("GET /v1/issues", MANAGER, subject={}).items
        if not issues:
            return
        issue = self.chance.choice(issues)
        trigger, body = self.chance.choice(_ISSUE_TRIGGERS)
        version = issue.version if self.chance.random() < 0.7 else None
        operation = "POST /v1/issues/{issue_id}/{trigger}"
        after = client.call(operation, MANAGER, body, issue_id=issue.id, trigger=trigger, version=version)
        self.trace.note(f"  {after.number} is {after.state} after {trigger}")
