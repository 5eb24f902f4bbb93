"""Published by analytics on `pane-deltas`, for its own second stage: what fold transactions have come to, as Arrow blocks.

A fold transaction writes to each partition of the topic, even if it has nothing for it, because the marks must reach every
partition, and after the deltas that they cover. Its last record to a partition carries the marks. Where its deltas are too many
for one record, or panes are to be computed afresh, records before that one carry the rest, and the same `CONTINUES_HEADER`.
"""

from collections.abc import Sequence

import msgspec

from shared.events.envelope import Moment

MARKS_HEADER = "andon-marks"
CONTINUES_HEADER = "andon-continues"
"""Names the fold transaction whose records these are, where it has written more than one."""
RECOMPUTE_HEADER = "andon-recompute"
"""Marks a record that holds no deltas but the keys of panes, to be computed afresh from the readings that are kept."""

DERIVE_HEADER = "andon-derive"
"""Marks a record of stage two to itself: it holds the keys of windows of derived indicators, whose parts have changed. It belongs to
no fold transaction and has no marks. Without keys it only says that there is something to look at."""


class SourceMark(msgspec.Struct, frozen=True):
    """How far one source has come on one partition of `readings`.

    `observed_until` is the largest observed time folded, `arrived_at` when the log took the newest block with it, both UTC.
    """

    reading_type: str
    source: str
    observed_until: Moment
    arrived_at: Moment


class Marks(msgspec.Struct, frozen=True):
    """What one fold transaction knows of one partition of `readings`.

    `at_end`: the partition had been read to its end. `partitions`: how many partitions `readings` has. `reached`: the offset up
    to which this one has been folded. `revision`: of the definitions by which it was. `ends`: where each partition of `readings`
    ended at a moment after what was folded had been read; what lies below is to be folded before windows close by what was.
    """

    readings_partition: int
    partitions: int
    at_end: bool
    sources: list[SourceMark]
    reached: int = 0
    revision: int = 0
    ends: dict[int, int] = msgspec.field(default_factory=dict)


def encode_marks(marks: Sequence[Marks]) -> bytes:
    """One for each partition of `readings` that a transaction has folded."""
    return msgspec.json.encode(marks)


def decode_marks(value: bytes) -> list[Marks]:
    """Raises msgspec.MsgspecError."""
    return msgspec.json.decode(value, type=list[Marks])
