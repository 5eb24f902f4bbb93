"""A broker that keeps record batches in memory and answers Fetch, for tests of what reads from one."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from kafka.protocol.consumer import FetchRequest, FetchResponse

from shared.eventlog.broker_protocol import Place

Answering = Callable[[Mapping[Place, int]], Mapping[Place, tuple[int, bytes]] | None]
"""By the offsets that are asked for: an error's number and batches of each partition; None closes the connection."""

_SIZE_BYTES, _VERSION = 4, 4
_WAIT_SECONDS = 0.02
"""With an answer that has nothing in it."""

_TOPIC = FetchResponse.FetchableTopicResponse
_PARTITION = _TOPIC.PartitionData


class FakeBroker:
    """Listens on a port of this machine until it is closed.

    Attributes:
        asked: what each request asked for.
        cut: of the next answer only so many bytes are sent before the connection is closed.
    """

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.asked: list[Mapping[Place, int]] = []
        self.cut: int | None = None
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
                request = FetchRequest.decode(stream.read(int.from_bytes(size)), version=_VERSION, header=True)
                asked = {
                    (topic.topic, one.partition): one.fetch_offset
                    for topic in request.topics
                    for one in topic.partitions
                }
                self.asked.append(asked)
                answer = self.answering(asked)
                if answer is None:
                    return
                if not any(error or batches for error, batches in answer.values()):
                    time.sleep(_WAIT_SECONDS)
                written = self._written(request.header.correlation_id, answer)
                cut, self.cut = self.cut, None
                connection.sendall(written[:cut])
                if cut is not None:
                    return

    def _written(self, number: int, answer: Mapping[Place, tuple[int, bytes]]) -> bytes:
        topics = [
            _TOPIC(topic=topic, partitions=[_partition(partition, *found)])
            for (topic, partition), found in answer.items()
        ]
        body = FetchResponse(version=_VERSION, throttle_time_ms=0, responses=topics).encode(version=_VERSION)
        return (len(body) + _SIZE_BYTES).to_bytes(_SIZE_BYTES) + number.to_bytes(_SIZE_BYTES) + bytes(body)


def _partition(number: int, error: int, batches: bytes) -> object:
    return _PARTITION(
        partition_index=number,
        error_code=error,
        high_watermark=100,
        last_stable_offset=100,
        aborted_transactions=[],
        records=batches,
    )
