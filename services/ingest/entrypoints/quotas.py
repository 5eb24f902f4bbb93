"""Holds each source to its quota, in this process."""

import threading
from collections.abc import Mapping
from datetime import datetime

from services.ingest.domain.errors import Overloaded
from services.ingest.domain.quota import Quota, Used, after, wait_for


class Quotas:
    """What each source has used up. Safe to use from many threads. Forgotten by a restart."""

    def __init__(self) -> None:
        self._used: dict[str, Used] = {}
        self._lock = threading.Lock()

    def spend(self, events: Mapping[str, int], quotas: Mapping[str, Quota], now: datetime) -> None:
        """Count events by source, accepted and refused ones.

        Raises:
            Overloaded: a source has used up its quota; nothing was counted, and nothing may be taken in.
        """
        if not quotas:
            return
        limited = {source: count for source, count in events.items() if source in quotas}
        with self._lock:
            for source in limited:
                self._check(source, quotas[source], now)
            for source, count in limited.items():
                self._used[source] = after(quotas[source], self._used.get(source), count, now=now)

    def _check(self, source: str, quota: Quota, now: datetime) -> None:
        wait = wait_for(quota, self._used.get(source), now)
        if wait is not None:
            seconds = max(1, round(wait.total_seconds()))
            detail = (
                f"source {source} has used up its quota of {quota.events} events; send the same again in {seconds} s"
            )
            raise Overloaded(detail, facts={"retry_after_seconds": seconds})
