"""A trigger as it is tried: on what, with which facts, by whom, when, under which policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.issues.domain.deadlines import Clocks
from services.issues.domain.issue import Action, Issue
from services.issues.domain.policy import Policy
from shared.runtime.actor import Actor


@dataclass(frozen=True, slots=True)
class Attempt:
    """One trigger, and all that guards and effects may look at.

    Attributes:
        facts: what the caller sent with it; JSON values.
        clocks: the policy that the issue runs under, and its calendar.
        target: the issue that `merge` names, if there is one.
    """

    issue: Issue
    trigger: str
    actor: Actor
    now: datetime
    clocks: Clocks
    facts: Mapping[str, Any] = field(default_factory=dict)
    target: Issue | None = None

    @property
    def policy(self) -> Policy:
        return self.clocks.policy

    @property
    def plan(self) -> Mapping[str, Any]:
        """What is known of this cycle's plan: `authors`, `submitted_by`, `approved_by`, `returned_by`; empty before."""
        return self.issue.facts.get("plan") or {}

    @property
    def verdict(self) -> str | None:
        """This cycle's confirmed verdict."""
        return (self.issue.facts.get("verdict") or {}).get("verdict")

    def fact(self, name: str) -> Any:
        """What the caller sent, else what an earlier trigger has left behind."""
        value = self.facts.get(name)
        return self.issue.facts.get(name) if value is None else value

    def actions(self, *kinds: str) -> list[Action]:
        """The issue's actions of these kinds, from every cycle."""
        return [action for action in self.issue.actions if action.kind in kinds]
