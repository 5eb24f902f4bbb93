"""What listens where a broker would: one request after the other on each connection, answered by a function."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

Answer = Callable[[bytes], bytes | None]
"""From a request, without its size, to an answer that begins with the request's number; None closes the connection."""

_SIZE_BYTES = 4


class BrokerServer:
    """Listens on a port of this machine until it is closed.

    Attributes:
        cut: of the next answer only so many bytes are sent before the connection is closed.
    """

    def __init__(self, answer: Answer) -> None:
        self.cut: int | None = None
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.getsockname()
        return host, port

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # without it, whoever waits in `accept` keeps the port open
        self._server.close()
        for connection in self._connections:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as stream:  # whoever asked may have gone
            while size := stream.read(_SIZE_BYTES):
                answer = self._answer(stream.read(int.from_bytes(size)))
                if answer is None:
                    return
                cut, self.cut = self.cut, None
                connection.sendall((len(answer).to_bytes(_SIZE_BYTES) + answer)[:cut])
                if cut is not None:
                    return
