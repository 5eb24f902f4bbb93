"""Merges and drops kept readings, bit by bit."""

from datetime import datetime, timedelta

from services.analytics.use_cases.keep_history import ForgetOldReadings, MergeBlocks

_MERGES_EVERY = timedelta(seconds=10)
_FORGETS_EVERY = timedelta(hours=1)


class HistoryTimer:
    """A stepper. Doing it again, or on two instances at once, changes nothing."""

    name = "analytics.history"

    def __init__(self, merge: MergeBlocks, forget: ForgetOldReadings) -> None:
        self._merge = merge
        self._forget = forget
        self._merges_at: datetime | None = None
        self._forgets_at: datetime | None = None

    def step(self, now: datetime) -> bool:
        """One bounded piece; says whether more small blocks wait to be merged."""
        if self._forgets_at is None or now >= self._forgets_at:
            self._forgets_at = now + _FORGETS_EVERY
            self._forget(now)
        if self._merges_at is not None and now < self._merges_at:
            return False
        if self._merge():
            return True
        self._merges_at = now + _MERGES_EVERY
        return False

    def close(self) -> None:
        """Holds nothing."""
