"""Load for a soak: batches of inspections, made cheaply, sent at full speed or at a pace."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx

from crash.plant import INSPECTED, LINES, LINES_OF_SOURCE, PRODUCTS

BATCH = 500
_STARTED_AGO = timedelta(days=300)
_BETWEEN_EVENTS = timedelta(seconds=1)
"""Of the plant's time: windows close all the while, and 25 million events end before the present."""
_SOURCE_OF = {line: source for source, lines in LINES_OF_SOURCE.items() for line in lines}


@dataclass
class Load:
    """Sends batches one after the other and counts what is accepted; a refusal is counted and sent again."""

    url: str
    accepted: int = 0
    refused: int = 0
    _numbers: "count[int]" = field(default_factory=count)
    _begin: datetime = field(default_factory=lambda: datetime.now(UTC) - _STARTED_AGO)

    def send_for(self, seconds: float, *, events_per_second: float | None = None) -> float:
        """Send for a while; returns how long it took. Without a pace as fast as answers come."""
        started = time.monotonic()
        sent = 0
        with httpx.Client(timeout=60) as client:
            while (now := time.monotonic()) < started + seconds:
                due = started if events_per_second is None else started + sent / events_per_second
                if due > now:
                    time.sleep(min(due - now, 0.05))
                    continue
                self._send(client)
                sent += BATCH
        return time.monotonic() - started

    def _send(self, client: httpx.Client) -> None:
        body = "".join(self._line(next(self._numbers)) for _ in range(BATCH)).encode()
        while True:
            answer = client.post(self.url, content=body, headers={"content-type": "application/x-ndjson"})
            if answer.status_code == 202:
                if answer.json()["accepted"] != BATCH:
                    raise Unexpected(f"not everything was accepted: {answer.text[:300]}")
                self.accepted += BATCH
                return
            if answer.status_code not in (429, 503):
                raise Unexpected(f"{answer.status_code} {answer.text[:300]}")
            self.refused += 1
            time.sleep(float(answer.headers.get("retry-after", "1")))

    def _line(self, number: int) -> str:
        line = LINES[number % len(LINES)]
        at = self._begin + number * _BETWEEN_EVENTS
        event = {
            "specversion": "1.0",
            "id": f"soak-{number}",
            "source": _SOURCE_OF[line],
            "type": INSPECTED,
            "time": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "data": {
                "line": line,
                "product": PRODUCTS[number // 6 % 2],
                "total": 50,
                "passed": 49 - number // 5000 % 5,
            },
        }
        return json.dumps(event) + "\n"


class Unexpected(Exception):
    """An answer that a soak does not expect."""
