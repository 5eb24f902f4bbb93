"""Keep the readings that are kept in order: few large blocks, and none that is older than was asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.analytics.ports.keeping import UpkeepUnitOfWork


@dataclass(frozen=True, slots=True)
class MergeBlocks:
    """One bounded merge. A crash leaves the small blocks, which say the same."""

    units: Callable[[], UpkeepUnitOfWork]

    def __call__(self) -> bool:
        """Says whether there may be more to merge."""
        with self.units() as uow:
            merged = uow.upkeep.merge_some()
            if merged:
                uow.commit()
        return merged


@dataclass(frozen=True, slots=True)
class ForgetOldReadings:
    """Drop what is older than `kept`. Values stay; what is corrected later can no longer change them."""

    units: Callable[[], UpkeepUnitOfWork]
    kept: timedelta

    def __call__(self, now: datetime) -> int:
        """How many blocks were dropped; 0 the second time."""
        with self.units() as uow:
            dropped = uow.upkeep.forget(now - self.kept)
            uow.commit()
        return dropped
