"""An honest sender: it sends each batch again and again until it is told that it is durable, and only then the next one."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import httpx

from crash.plant import INSPECTED
from crash.reference import Sent
from crash.stream import Batch, Event, Stream, is_wrong

Deliver = Callable[[Sequence[Event]], None]
"""Gives events to raw topics; returns when the broker has them."""

_ASK_AGAIN_AFTER_SECONDS = 0.1
_PATIENCE_SECONDS = 240


class Refused(Exception):
    """An answer that no honest sender can do anything about; status and body are the message."""


class Sender(threading.Thread):
    """Sends the stream, a batch after the other, in a thread of its own until it is asked to end.

    Attributes:
        sent: what was acknowledged so far.
        statuses: how often each answer came; `0` counts connections that broke.
        failure: why it ended before it was asked to.
    """

    def __init__(self, stream: Stream, url: str, *, deliver: Deliver | None, pause_seconds: float) -> None:
        super().__init__(name="sender", daemon=True)
        self.sent = Sent()
        self.statuses: Counter[int] = Counter()
        self.batches = 0
        self.failure: BaseException | None = None
        self._stream = stream
        self._url = f"{url}/v1/metric-events"
        self._deliver = deliver
        self._pause_seconds = pause_seconds
        self._ending = threading.Event()
        self._rests_until = 0.0

    def run(self) -> None:
        try:
            with httpx.Client(timeout=30) as client:
                for batch in self._stream.batches():
                    if self._ending.is_set():
                        return
                    self._send(client, batch)
                    self._ending.wait(max(self._pause_seconds, self._rests_until - time.monotonic()))
        except BaseException as error:  # noqa: BLE001 - told to whoever asks the sender to end
            self.failure = error

    def end(self) -> Sent:
        """Let it finish the batch in hand. Raises what made it fail."""
        self._ending.set()
        self.join()
        if self.failure is not None:
            raise self.failure
        return self.sent

    def rest(self, seconds: float) -> None:
        """Send nothing for a while, once the batch in hand is acknowledged: what is left then is the clock's to do."""
        self._rests_until = time.monotonic() + seconds

    def _send(self, client: httpx.Client, batch: Batch) -> None:
        over_http = batch.events if self._deliver is not None else [*batch.events, *batch.raw]
        _check(over_http, self._post(client, over_http))
        self.sent.add(over_http)
        if self._deliver is not None:
            self._deliver(batch.raw)
            self.sent.add(batch.raw)
        self._stream.acknowledge(batch)
        self.batches += 1

    def _post(self, client: httpx.Client, events: Sequence[Event]) -> httpx.Response:
        body = "".join(json.dumps(event) + "\n" for event in events).encode()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = client.post(self._url, content=body, headers={"content-type": "application/x-ndjson"})
            except httpx.TransportError:
                self.statuses[0] += 1
            else:
                self.statuses[answer.status_code] += 1
                if answer.status_code == 202:
                    return answer
                _check_refusal(answer)
            if time.monotonic() > deadline:
                raise Refused(f"no 202 within {_PATIENCE_SECONDS} s; answers by status: {dict(self.statuses)}")
            time.sleep(_ASK_AGAIN_AFTER_SECONDS)


def _check_refusal(answer: httpx.Response) -> None:
    """Only a problem that asks to wait is taken for an answer, and it has to say how long."""
    says_how_long = answer.headers.get("retry-after", "").isdigit()
    is_problem = answer.headers.get("content-type", "") == "application/problem+json"
    if answer.status_code not in (429, 503) or not says_how_long or not is_problem:
        raise Refused(f"{answer.status_code} {dict(answer.headers)} {answer.text[:500]}")


def _check(events: Sequence[Event], answer: httpx.Response) -> None:
    """Everything is accounted for, and nothing is refused but what is wrong or of a type still to be learned."""
    told = answer.json()
    refused = [events[item["index"]] for item in told["rejected"]]
    unduly = [event["id"] for event in refused if not is_wrong(event) and event["type"] == INSPECTED]
    if told["accepted"] + len(refused) != len(events) or unduly:
        raise Refused(f"{len(events)} events were answered with {answer.text[:500]}")
