"""The web server as a thing that is started and stopped, in a thread of its own."""

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

STARTS_WITHIN_SECONDS = 15.0


class CannotListen(Exception):
    """The address is taken, or not ours."""


class Server:
    """Serves one application. Start it once; stopping twice changes nothing."""

    def __init__(self, application: FastAPI, *, host: str, port: int, stop_within_seconds: float) -> None:
        self._address = (host, port)
        self._stop_within_seconds = stop_within_seconds
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                access_log=False,
                log_config=None,
                lifespan="off",
                timeout_graceful_shutdown=max(1, int(stop_within_seconds)),
            )
        )
        self._thread: threading.Thread | None = None
        self.port = port

    def start(self) -> None:
        """Listen, and return when requests are answered; port 0 takes any free one. Raises CannotListen."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        # By its protocol's name: else asyncio does not know TCP, leaves Nagle's algorithm on, and each answer on a connection
        # that is kept open waits some 40 ms for an acknowledgement that the client delays.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(self._address)
        except OSError as error:
            listening.close()
            raise CannotListen(f"cannot listen on {self._address[0]}:{self._address[1]}: {error}") from error
        self.port = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name="web", daemon=True)
        self._thread.start()
        self._wait_until_started()

    def stop(self) -> None:
        """Answer what has been asked, refuse the rest, and return; blocks a second longer than it was told, at most.

        A request that is still being worked on then is left behind; its sender gets no answer and asks again.
        """
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=self._stop_within_seconds + 1)
            self._thread = None

    def _wait_until_started(self) -> None:
        pause = threading.Event()
        waited = 0.0
        while not self._server.started and waited < STARTS_WITHIN_SECONDS:
            pause.wait(0.01)
            waited += 0.01
        if not self._server.started:
            raise CannotListen("the web server did not start")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
