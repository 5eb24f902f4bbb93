"""Conditions that rest on the whole past of a series, and go on from what they remember of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from services.analytics.domain.finding import Comparator, Deviation, Finding, Memory, Scene
from services.analytics.domain.kpi_value import KpiValue


class ConditionWithMemory(ABC):
    """`Condition`, as far as it does not depend on the kind; finds values on two sides.

    Judging on from a memory equals judging everything, so memories can be forgotten at any time.
    """

    __slots__ = ()

    memory_form: ClassVar[int] = 1
    """Raised whenever what is kept changes its meaning; what was kept in another form is not read."""

    @abstractmethod
    def remember(self, scene: Scene, kept: bytes | None) -> Memory:
        """The memory that was kept; a new one for None."""

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
