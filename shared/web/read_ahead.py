"""How much of a body is read before its endpoint has a thread: what the endpoint's thread must ask for costs it two changes of thread."""

from collections.abc import Iterator
from contextlib import contextmanager

LEAST_BYTES = 64 * 1024
"""Of each body; the server itself holds as much."""
_LONGEST_BYTES = 1024 * 1024
_TOGETHER_BYTES = 32 * 1024 * 1024


class ReadAhead:
    """A body that says its length, and is not long, is read whole, as long as all that are read so are not too much together.

    Used by the server's thread alone.
    """

    def __init__(self, most_bytes: int = _TOGETHER_BYTES) -> None:
        self._left = most_bytes

    @contextmanager
    def granted(self, content_length: str | None) -> Iterator[int]:
        """How many bytes of a body of this length, as its header has it, may be read ahead; they are taken up for the block."""
        length = int(content_length) if content_length is not None and content_length.isdecimal() else None
        if length is None or not LEAST_BYTES < length <= min(_LONGEST_BYTES, self._left):
            yield LEAST_BYTES
            return
        self._left -= length
        try:
            yield length
        finally:
            self._left += length
