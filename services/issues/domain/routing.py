"""Whose an issue is: rows of indicator and subject → person or role, the first that matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Route:
    """Matches an issue of this indicator (any, if None) whose subject holds these values."""

    owner: str
    indicator: str | None = None
    subject: Mapping[str, str] = field(default_factory=dict)

    def matches(self, indicator: str | None, subject: Mapping[str, str]) -> bool:
        fits = all(subject.get(dimension) == value for dimension, value in self.subject.items())
        return fits and self.indicator in (None, indicator)


@dataclass(frozen=True, slots=True)
class Routing:
    """One version of the routing table."""

    version: int = 0
    routes: Sequence[Route] = ()

    def owner(self, indicator: str | None, subject: Mapping[str, str], fallback: str) -> str:
        """`person` or `role:<role>`; the fallback when no row matches."""
        return next((route.owner for route in self.routes if route.matches(indicator, subject)), fallback)
