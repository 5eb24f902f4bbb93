"""Who may do what: roles, and the two that depend on the issue, its owner and an action's owner."""

from collections.abc import Iterable

from services.issues.domain.issue import Action, Issue
from shared.runtime.actor import Actor

QM, DL, ST, DIR = "quality_manager", "department_liaison", "statistician", "director"
ACTION_OWNER = "action_owner"
"""In a table: the owner of the action concerned, whichever role that person holds."""
OWNER = "owner"
"""In a table: the owner of the issue, whichever role that person holds."""
ADMIN, SERVICE = "admin", "service"

REPORTERS = (QM, DL, ST, DIR, ACTION_OWNER)
MAY_ROUTE = (ADMIN, QM)

_ROLE_PREFIX = "role:"


def is_person(owner: str) -> bool:
    """Whether an owner is a person, and not yet a role."""
    return not owner.startswith(_ROLE_PREFIX)


def may(actor: Actor, roles: Iterable[str], *, issue: Issue, action: Action | None = None) -> bool:
    """Whether one of `roles` is the actor's."""
    wanted = set(roles)
    if OWNER in wanted and _owns(actor, issue.owner):
        return True
    if action is not None and ACTION_OWNER in wanted and action.owner == actor.name:
        return True
    return bool((wanted - {OWNER, ACTION_OWNER}) & actor.roles)


def _owns(actor: Actor, owner: str) -> bool:
    if is_person(owner):
        return owner == actor.name
    return owner.removeprefix(_ROLE_PREFIX) in actor.roles
