"""The server as a thing that is started and stopped, over real sockets."""

import http.client
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from shared.web.server import CannotListen, Server
from tests.service.web.counter_service import application

pytestmark = pytest.mark.network


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(application(), host="127.0.0.1", port=0, stop_within_seconds=2) as running:
        yield running


def test_a_free_port_is_found_and_answers(server: Server) -> None:
    assert httpx.get(f"http://127.0.0.1:{server.port}/healthz").status_code == 200


def test_a_port_that_is_taken_is_named(server: Server) -> None:
    second = Server(application(), host="127.0.0.1", port=server.port, stop_within_seconds=1)
    with pytest.raises(CannotListen, match=str(server.port)):
        second.start()


def test_stopping_twice_changes_nothing_and_leaves_nobody_listening(server: Server) -> None:
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{server.port}/healthz")
    assert "web" not in [thread.name for thread in threading.enumerate()]


def test_a_body_arrives_in_chunks_as_it_is_sent(server: Server) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 100

    sizes = httpx.post(f"http://127.0.0.1:{server.port}/v1/bytes", content=parts()).json()["sizes"]
    assert sum(sizes) == 3000
    assert all(size >= 1000 for size in sizes[:-1])


@pytest.mark.parametrize(("size", "is_whole"), [(300_000, True), (3_000_000, False)])
def test_a_body_that_is_not_long_is_read_before_its_endpoint_begins(server: Server, size: int, is_whole: bool) -> None:
    sizes = httpx.post(f"http://127.0.0.1:{server.port}/v1/bytes", content=b"x" * size).json()["sizes"]
    assert sum(sizes) == size
    assert (len(sizes) == 1) == is_whole


def test_answers_do_not_wait_for_the_acknowledgement_of_their_beginning(server: Server) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    client.request("GET", "/healthz")
    assert client.getresponse().read()
    accepted = [one for one in _open_sockets() if _is_accepted_by(one, server.port)]
    options = [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in accepted]
    for one in accepted:
        one.close()
    client.close()
    assert options == [1]


def _open_sockets() -> list[socket.socket]:
    """Copies of this process's own sockets; whoever does not want one closes it."""
    numbers = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the listing's own number is gone by now
            if entry.readlink().name.startswith("socket:"):
                numbers.append(int(entry.name))
    return [socket.socket(fileno=os.dup(number)) for number in numbers]


def _is_accepted_by(one: socket.socket, port: int) -> bool:
    if one.family == socket.AF_INET and one.type == socket.SOCK_STREAM and one.getsockname()[1] == port:
        with suppress(OSError):
            one.getpeername()
            return True
    one.close()
    return False


def test_a_sender_that_goes_away_in_the_middle_leaves_the_server_well(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.putrequest("POST", "/v1/bytes")
    connection.putheader("content-length", "1000")
    connection.endheaders(b"only this")
    connection.close()
    assert httpx.get(f"http://127.0.0.1:{server.port}/readyz").status_code == 200


RAW = [
    b"GET /v1/who HTTP/1.1\r\nHost: x\r\nAndon-Actor: \x85\xff\r\n\r\n",
    b"POST /v1/bytes HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/bytes HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET /v1/\xff\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/errors/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"NONSENSE\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", RAW, ids=range(len(RAW)))
def test_a_malformed_request_is_refused_without_harm(server: Server, request_bytes: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.connect()
    connection.sock.sendall(request_bytes)
    status = int(connection.sock.recv(1000).split(b" ")[1])
    connection.close()
    assert 400 <= status < 500
    assert httpx.get(f"http://127.0.0.1:{server.port}/healthz").status_code == 200
