"""What can go wrong in goals, in words for a caller.

DomainError
├── UnknownGoalSet      unknown-goal-set
├── InvalidGoal         invalid-definition
├── TransitionRefused   transition-refused
├── Forbidden           forbidden
├── StaleVersion        stale-version
└── ChangedMeanwhile    concurrent-change
"""

from shared.runtime.errors import DomainError


class UnknownGoalSet(DomainError):
    """No goal set has this period."""

    id = "unknown-goal-set"


class InvalidGoal(DomainError):
    """A goal or goal set is wrong; each problem names the field and the remedy."""

    id = "invalid-definition"


class TransitionRefused(DomainError):
    """The workflow does not allow this now; the facts name the guard, what is missing, and what is allowed."""

    id = "transition-refused"


class Forbidden(DomainError):
    """The actor's roles do not allow this."""

    id = "forbidden"


class StaleVersion(DomainError):
    """The goal set has changed since the version named in If-Match; read it again."""

    id = "stale-version"


class ChangedMeanwhile(DomainError):
    """Somebody else changed the goal set at the same moment; send it again."""

    id = "concurrent-change"
