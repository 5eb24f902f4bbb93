"""Separation of duties: guards that look at the person. Each says what is wrong, or None.

Delegation, quorums and requests join with approvals; they are guards of the same form.
"""

from services.issues.domain.attempt import Attempt
from services.issues.domain.issue import PLANNED_KINDS
from services.issues.domain.roles import SERVICE


def human_only(attempt: Attempt) -> str | None:
    return "this needs a person" if attempt.actor.has(SERVICE) else None


def not_author(attempt: Attempt) -> str | None:
    """Authors are whoever wrote content of the plan since the last approved one, and whoever submitted it."""
    written = attempt.actor.name in attempt.plan.get("authors", [])
    return "whoever wrote or submitted the plan does not decide on it" if written else None


def submitter_only(attempt: Attempt) -> str | None:
    submitter = attempt.plan.get("submitted_by")
    return None if submitter == attempt.actor.name else f"only {submitter}, who submitted the plan, withdraws it"


def not_action_owner(attempt: Attempt) -> str | None:
    """In any cycle; former owners count."""
    owners = {
        name
        for action in attempt.actions(*PLANNED_KINDS)
        for name in (action.owner, action.reported_by, *action.former_owners)
    }
    return "whoever owned or carried out an action does not judge it" if attempt.actor.name in owners else None


def not_issue_owner(attempt: Attempt) -> str | None:
    owners = {attempt.issue.owner, *attempt.issue.former_owners}
    return "the issue's owner, present or former, does not sign its closure" if attempt.actor.name in owners else None
