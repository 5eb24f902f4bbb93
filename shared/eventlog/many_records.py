"""Records by the thousand: made and looked at field by field, without a call in Python for each."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from shared.eventlog.port import Headers, Partition, Record

new_record: Callable[[tuple[Any, ...]], Record] = functools.partial(tuple.__new__, Record)
"""A record of its fields in their order, in half the time that `Record(...)` takes."""

partition_of: Callable[[Record], Partition] = attrgetter("partition")
_offset_of: Callable[[Record], int] = attrgetter("offset")
appended_at_of: Callable[[Record], datetime] = attrgetter("appended_at")
_headers_of: Callable[[Record], Headers] = attrgetter("headers")
_value_of: Callable[[Record], bytes] = attrgetter("value")


def partitions_of(records: Sequence[Record]) -> Iterable[Partition]:
    """One for each record."""
    return map(partition_of, records)


def next_offsets(records: Sequence[Record], stands_at: Mapping[Partition, int]) -> dict[Partition, int]:
    """Where each partition is to be read on after these, which are in order; never before where it stands.

    A log may deliver again what was handled before. A position that followed it back could come to lie below what is kept: records
    are deleted up to where positions have once stood.
    """
    newest = dict(zip(map(partition_of, records), map(_offset_of, records), strict=True))
    return {partition: max(offset + 1, stands_at[partition]) for partition, offset in newest.items()}


def newest_times(records: Sequence[Record]) -> dict[Partition, datetime]:
    """When the log took the last of these records of each partition, UTC."""
    return dict(zip(map(partition_of, records), map(appended_at_of, records), strict=True))


def values_of(records: Sequence[Record]) -> list[bytes]:
    return list(map(_value_of, records))


def has_headers(records: Sequence[Record]) -> bool:
    """Whether any of them has some."""
    return any(map(_headers_of, records))
