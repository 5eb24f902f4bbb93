"""What can be wrong with an argument of a statistical function.

DomainError
└── InvalidStatisticsInput      invalid-statistics-input
    └── TooFewPoints            too-few-points
"""

from shared.runtime.errors import DomainError, FieldProblem


class InvalidStatisticsInput(DomainError, ValueError):
    """An argument that no figure can be computed from; `errors` names it and the remedy."""

    id = "invalid-statistics-input"

    def __init__(self, argument: str, *, problem: str, remedy: str) -> None:
        detail = f"{problem}; {remedy}"
        super().__init__(f"{argument}: {detail}", errors=[FieldProblem(f"/{argument}", detail)])
        self.argument = argument
        self.remedy = remedy


class TooFewPoints(InvalidStatisticsInput):
    """More of the same would do: limits cannot be set yet."""

    id = "too-few-points"
