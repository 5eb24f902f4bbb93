"""Senders: prepared bodies over connections that are kept open, each as fast as its answers come."""

import http.client
import json
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.event_set import EventSet

LINES = {"content-type": "application/x-ndjson"}
_SECONDS = 120


def bodies(events: EventSet, batch: int) -> Iterator[bytes]:
    """The events of a set, without the closing ones, as NDJSON of so many lines each."""
    waiting: list[bytes] = []
    left = events.events
    for chunk in events.chunks():
        for _, value in chunk[:left]:
            waiting.append(value)
            if len(waiting) == batch:
                yield b"\n".join(waiting)
                waiting = []
        left -= len(chunk)
        if left <= 0:
            break
    if waiting:
        yield b"\n".join(waiting)


def post(connection: http.client.HTTPConnection, path: str, body: bytes) -> int:
    """Post one body; returns how many events were accepted. Raises RuntimeError on any answer but 202."""
    connection.request("POST", path, body, LINES)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 202:
        raise RuntimeError(f"{answer.status}: {content[:500]!r}")
    accepted: int = json.loads(content)["accepted"]
    return accepted


def send_all(prepared: Sequence[bytes], *, port: int, path: str, senders: int) -> int:
    """Send every body once, by so many senders at the same time; returns how many events were accepted."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for body in prepared:
        waiting.put(body)

    def send() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
        accepted = 0
        try:
            while True:
                try:
                    body = waiting.get_nowait()
                except queue.Empty:
                    return accepted
                accepted += post(connection, path, body)
        finally:
            connection.close()

    with ThreadPoolExecutor(senders) as threads:
        return sum(one.result() for one in [threads.submit(send) for _ in range(senders)])
