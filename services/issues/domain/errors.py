"""What can go wrong in issues, in words for a caller.

DomainError
├── UnknownIssue        unknown-issue
├── UnknownPart         unknown-part
├── TransitionRefused   transition-refused
├── Forbidden           forbidden
├── StaleVersion        stale-version
├── InvalidRequest      invalid-definition
└── ChangedMeanwhile    concurrent-change
"""

from shared.runtime.errors import DomainError


class UnknownIssue(DomainError):
    """No issue has this id."""

    id = "unknown-issue"


class UnknownPart(DomainError):
    """The issue has no action or cause of this id."""

    id = "unknown-part"


class TransitionRefused(DomainError):
    """The workflow does not allow this now; the facts name the guard, what is missing, and what is allowed."""

    id = "transition-refused"


class Forbidden(DomainError):
    """The actor's roles do not allow this."""

    id = "forbidden"


class StaleVersion(DomainError):
    """The issue has changed since the version named in If-Match; read it again."""

    id = "stale-version"


class InvalidRequest(DomainError):
    """A field of the request is wrong; each problem names the field and the remedy."""

    id = "invalid-definition"


class ChangedMeanwhile(DomainError):
    """Somebody else changed the issue at the same moment; send it again."""

    id = "concurrent-change"
