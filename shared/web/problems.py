"""RFC 9457: what an error looks like on the wire."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """How one kind of error is shown: its HTTP status and its constant title. The id is the error's own."""

    status: int
    title: str
