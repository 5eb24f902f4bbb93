"""What can go wrong in analytics, in words for a caller.

DomainError
├── UnknownCalendar      unknown-calendar
├── UnknownIndicator     unknown-indicator
├── UnknownRule          unknown-rule
├── UnknownAnomaly       unknown-anomaly
├── UnknownWindow        unknown-window
├── HistoryIncomplete    history-incomplete
├── InvalidDefinition    invalid-definition
└── InvalidQuery         invalid-query
"""

from shared.runtime.errors import DomainError, FieldProblem


class UnknownCalendar(DomainError):
    """No calendar has this name."""

    id = "unknown-calendar"


class UnknownIndicator(DomainError):
    """No indicator has this name."""

    id = "unknown-indicator"


class UnknownRule(DomainError):
    """No rule has this name."""

    id = "unknown-rule"


class UnknownAnomaly(DomainError):
    """No anomaly has this id."""

    id = "unknown-anomaly"


class UnknownWindow(DomainError):
    """The indicator has no value of this window."""

    id = "unknown-window"


class HistoryIncomplete(DomainError):
    """The indicator is being computed over the readings that are kept."""

    id = "history-incomplete"


class InvalidDefinition(DomainError):
    """A definition is wrong; each problem names the field and the remedy."""

    id = "invalid-definition"


class InvalidQuery(DomainError):
    """A question that cannot be asked of this indicator."""

    id = "invalid-query"


def invalid(problems: list[FieldProblem]) -> InvalidDefinition:
    """One error for all problems found; its sentence names the first few."""
    detail = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems[:3])
    return InvalidDefinition(detail, errors=problems)
