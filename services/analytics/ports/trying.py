"""What trying a rule reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.analytics.domain.kpi_value import KpiValue
from shared.calendars.windows import Window


@dataclass(frozen=True, slots=True)
class Replayed:
    """Which series are replayed: those of one indicator whose subjects have all of these values.

    Attributes:
        indicator_version: of the computation; see `Definition.computed_as`.
    """

    indicator: str
    indicator_version: int
    subject: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplayBounds:
    """How much is read at once: whole series, at least one of them."""

    series: int
    values: int


@dataclass(frozen=True, slots=True)
class ReplayPart:
    """Series with all their final and restated values, in order of their windows.

    Attributes:
        after: the last of these series, where others come after it; else None.
    """

    series: Sequence[Sequence[KpiValue]]
    after: bytes | None


class ReplayReader(Protocol):
    """Reads final and restated values as of the reader's transaction."""

    def span(self, indicator: str, indicator_version: int) -> Window | None:
        """From the beginning of the first to the end of the last window that begins; None without a final value."""
        ...

    def part(self, wanted: Replayed, *, after: bytes | None, bounds: ReplayBounds) -> ReplayPart:
        """The next series after one, in their own order."""
        ...
