"""Taking in, one by one, what a client reports of the records of one append."""

from typing import Any


class Delivery:
    """What became of the records of one append; filled by callbacks, of which one runs at a time."""

    def __init__(self, count: int) -> None:
        self.places: list[tuple[int, int]] = [(-1, -1)] * count
        """Partition and offset of each record, once `done` and without `error`."""
        self.error: Any = None
        """The client's last error; any of the records may or may not be on the log."""
        self._open = count

    @property
    def done(self) -> bool:
        """Whether every record has been reported."""
        return self._open == 0

    def reported(self, index: int, error: Any, message: Any) -> None:
        """The client's callback for the record at `index`."""
        if error is None:
            self.places[index] = (message.partition(), message.offset())
        else:
            self.error = error
        self._open -= 1
