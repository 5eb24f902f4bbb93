"""Published by analytics on `pane-deltas`, for its own second stage: an Arrow block of deltas, and watermark marks in a header.

Every fold transaction writes one record to each partition of the topic, empty blocks included, because the marks must reach
every partition, and after the deltas that they cover.
"""

from datetime import datetime

import msgspec

MARKS_HEADER = "andon-marks"


class SourceMark(msgspec.Struct, frozen=True):
    """How far one source has come on one partition of `readings`.

    `observed_until` is the largest observed time folded, `arrived_at` when the log took the newest block with it, both UTC.
    """

    reading_type: str
    source: str
    observed_until: datetime
    arrived_at: datetime


class Marks(msgspec.Struct, frozen=True):
    """What one fold transaction knows of its partition of `readings`.

    `at_end`: the partition had been read to its end. `partitions`: how many partitions `readings` has.
    """

    readings_partition: int
    partitions: int
    at_end: bool
    sources: list[SourceMark]


def encode_marks(marks: Marks) -> bytes:
    return msgspec.json.encode(marks)


def decode_marks(value: bytes) -> Marks:
    """Raises msgspec.MsgspecError."""
    return msgspec.json.decode(value, type=Marks)
