"""Senders: prepared bodies over connections that are kept open, each as fast as its answers come."""

import json
import queue
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from benchmarks.event_set import EventSet

_HEAD = b"POST %s HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-ndjson\r\ncontent-length: %d\r\n\r\n"
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


class Sender:
    """A connection to a port of this machine that is kept open.

    It writes a request at once and reads of an answer its status and length: a client that does more takes a part of the machine
    that is measured as if ingest had.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def post(self, path: str, body: bytes) -> int:
        """Post one body; returns how many events were accepted. Raises RuntimeError on any answer but 202."""
        self._socket.sendall(b"".join((_HEAD % (path.encode(), len(body)), body)))
        status, length = self._answers.readline(), 0
        while (header := self._answers.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        content = self._answers.read(length)
        if status.split()[1:2] != [b"202"]:
            raise RuntimeError(f"{status!r}: {content[:500]!r}")
        accepted: int = json.loads(content)["accepted"]
        return accepted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._answers.close()
        self._socket.close()


def send_all(prepared: Sequence[bytes], *, port: int, path: str, senders: int) -> int:
    """Send every body once, by so many senders at the same time; returns how many events were accepted."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for body in prepared:
        waiting.put(body)

    def send() -> int:
        accepted = 0
        with Sender(port) as sender:
            while True:
                try:
                    body = waiting.get_nowait()
                except queue.Empty:
                    return accepted
                accepted += sender.post(path, body)

    with ThreadPoolExecutor(senders) as threads:
        return sum(one.result() for one in [threads.submit(send) for _ in range(senders)])
