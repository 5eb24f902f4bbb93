"""Errors that belong to HTTP itself, whichever service is called. Their ids are used as those of domain errors are."""

from collections.abc import Mapping

from shared.runtime.errors import DomainError
from shared.web.problems import ProblemKind


class InvalidCursor(DomainError):
    """The cursor is not one that this list has given out."""

    id = "invalid-cursor"


class InvalidQuery(DomainError):
    """A query parameter or header cannot be read."""

    id = "invalid-query"


class BodyTooLarge(DomainError):
    """The body is larger than this server takes in one piece."""

    id = "body-too-large"


class Unauthenticated(DomainError):
    """No valid bearer token was sent, and this installation asks for one."""

    id = "unauthenticated"


class IssuerUnavailable(DomainError):
    """The issuer of the bearer tokens cannot be asked for its keys, so no token can be verified."""

    id = "issuer-unavailable"


WEB_PROBLEMS: Mapping[type[Exception], ProblemKind] = {
    InvalidCursor: ProblemKind(400, "The cursor cannot be read"),
    InvalidQuery: ProblemKind(400, "The query or a header cannot be read"),
    BodyTooLarge: ProblemKind(413, "The body is too large"),
    Unauthenticated: ProblemKind(401, "Authentication is needed"),
    IssuerUnavailable: ProblemKind(503, "The issuer of tokens is away"),
}
