"""A connection to one broker, with one request under way at a time, for answers of megabytes."""

import socket
from select import POLLIN, poll
from typing import Generic, TypeVar

from shared.eventlog.broker_protocol import Request, numbered
from shared.eventlog.fetch_protocol import FETCH_BYTES
from shared.eventlog.limits import MAX_MESSAGE_BYTES

_CONNECT_SECONDS = 1.0
_SEND_SECONDS = 5.0
_SIZE_BYTES, _NUMBER_BYTES = 4, 4
_FIRST_BYTES = 4096
_LARGEST = FETCH_BYTES + MAX_MESSAGE_BYTES + 1024 * 1024
"""A batch that is larger than what was asked for comes all the same, if it is the first one."""

Subject = TypeVar("Subject")


class BrokerConnection(Generic[Subject]):
    """Everything it does raises OSError when the connection is, or gets, lost.

    Attributes:
        asked: what the request under way is about, by whoever asked; None if there is none.
        asked_at: when it was sent, in seconds of the caller's clock.
    """

    def __init__(self, host: str, port: int) -> None:
        """Connect; blocks for a second at most."""
        self._socket = socket.create_connection((host, port), _CONNECT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(0)
        self._memory = bytearray(_FIRST_BYTES)
        self._wanted = _SIZE_BYTES
        self._received = 0
        self._number = 0
        self.asked: Subject | None = None
        self.asked_at = 0.0

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, request: Request, about: Subject, now: float) -> None:
        """Send a request. The answer to the one before it has been received."""
        self._number = (self._number + 1) % 2**31
        self._send(numbered(request, self._number))
        self.asked, self.asked_at = about, now
        self._wanted, self._received = _SIZE_BYTES, 0

    def receive(self) -> memoryview | None:
        """Take in what has come; the whole answer, once it is there. It is valid until the next call. Does not block."""
        while self._received < self._wanted:
            with memoryview(self._memory) as memory, memory[self._received :] as rest:
                try:
                    count = self._socket.recv_into(rest)
                except BlockingIOError:
                    return None
            if count == 0:
                raise ConnectionResetError("the broker has closed the connection")
            self._received += count
            if self._wanted == _SIZE_BYTES <= self._received:
                self._make_room(int.from_bytes(self._memory[:_SIZE_BYTES]))
        answer = memoryview(self._memory)[_SIZE_BYTES : self._wanted].toreadonly()
        if int.from_bytes(answer[:_NUMBER_BYTES]) != self._number:
            raise ConnectionResetError("the broker answers another request")
        self.asked = None
        return answer[_NUMBER_BYTES:]

    def answer(self, seconds: float) -> memoryview:
        """Wait for the whole answer; TimeoutError, an OSError, if it does not come in time. It is valid until the next call."""
        poller = poll()
        poller.register(self, POLLIN)
        while poller.poll(1000 * seconds):
            answer = self.receive()
            if answer is not None:
                return answer
        raise TimeoutError("the broker does not answer")

    def close(self) -> None:
        self._socket.close()

    def _send(self, written: bytes) -> None:
        try:
            sent = self._socket.send(written)
        except BlockingIOError:
            sent = 0
        if sent < len(written):  # what the system takes at once is less than a large request
            self._socket.settimeout(_SEND_SECONDS)
            self._socket.sendall(memoryview(written)[sent:])
            self._socket.settimeout(0)

    def _make_room(self, size: int) -> None:
        if not _NUMBER_BYTES <= size <= _LARGEST:
            raise ConnectionResetError(f"the broker announces an answer of {size} bytes")
        self._wanted = _SIZE_BYTES + size
        if len(self._memory) < self._wanted:
            self._memory = self._memory[: self._received] + bytearray(self._wanted - self._received)
