"""What every condition is that goes on from what it remembers of a series, and finds values on two sides."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime

from services.analytics.domain.finding import Comparator, Deviation, Finding, Memory, Scene
from services.analytics.domain.kpi_value import KpiValue


class ConditionWithMemory(ABC):
    """The part of `Condition` and `Remembering` that does not depend on the kind."""

    __slots__ = ()

    @abstractmethod
    def remember(self, scene: Scene, kept: bytes | None) -> Memory: ...

    @property
    def memory_form(self) -> int:
        return 1

    @property
    def is_pointwise(self) -> bool:
        return False

    @property
    def has_two_sides(self) -> bool:
        return True

    def reads_from(self, start: datetime, scene: Scene) -> datetime:
        """Values before it are remembered."""
        del scene
        return start

    def findings(self, values: Sequence[KpiValue], scene: Scene) -> Iterator[Finding | None]:
        """Of a whole series."""
        return self.remember(scene, None).findings(values)

    def good(self, side: Deviation) -> Comparator:
        return ">=" if side == "below" else "<="
