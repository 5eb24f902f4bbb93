"""Taking in, one by one, what a client reports of the records of one append."""

from collections import defaultdict
from typing import Any

from shared.eventlog.port import Partition


class Delivery:
    """What became of the records of one append; filled by callbacks, of which one runs at a time."""

    def __init__(self, count: int) -> None:
        self.offsets: defaultdict[Partition, list[int]] = defaultdict(list)
        """Of each partition's records, in their order, once `done` and without `error`."""
        self.error: Any = None
        """The client's last error; any of the records may or may not be on the log."""
        self._open = count

    @property
    def done(self) -> bool:
        """Whether every record has been reported."""
        return self._open == 0

    def reported(self, place: Partition, error: Any, message: Any) -> None:
        """The client's callback for the next record of this partition."""
        if error is None:
            self.offsets[place].append(message.offset())
        else:
            self.error = error
        self._open -= 1
