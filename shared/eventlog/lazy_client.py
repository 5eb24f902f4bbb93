"""A broker's client that connects when it is first asked for."""

import threading
from collections.abc import Callable
from typing import Any

from shared.eventlog.port import LogUnavailable


class LazyClient:
    """One client for many threads. After `close` there is none any more."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._client: Any = None
        self._closed = False
        self._lock = threading.Lock()

    def get(self) -> Any:
        with self._lock:
            if self._closed:
                raise LogUnavailable("the event log is closed")
            if self._client is None:
                self._client = self._make()
            return self._client

    def close(self, how: Callable[[Any], None]) -> None:
        with self._lock:
            client, self._client, self._closed = self._client, None, True
        if client is not None:
            how(client)
