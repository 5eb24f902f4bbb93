"""Reading a stretch of one partition without joining anybody's work."""

from collections.abc import Sequence
from datetime import timedelta

from shared.eventlog.port import EventLog, Partition, Record
from shared.runtime.identifiers import IdSource

_PATIENCE = 20
_WAIT = timedelta(milliseconds=250)


def read_records(log: EventLog, partition: Partition, *, start: int, most: int, ids: IdSource) -> Sequence[Record]:
    """Up to `most` records of one partition from offset `start` on, as far as the log goes now.

    Joins a group of its own for the time of the call, which on Kafka takes about a second.
    """
    _, end = log.offsets(partition)
    if start >= end:
        return ()
    others_at_end = {
        Partition(partition.topic, number): log.offsets(Partition(partition.topic, number))[1]
        for number in range(log.partition_count(partition.topic))
    }
    consumer = log.consumer(
        group=f"reader-{ids.next()}",
        topics=[partition.topic],
        on_assigned=lambda won: {place: start if place == partition else others_at_end[place] for place in won},
        on_revoked=lambda _: None,
    )
    found: list[Record] = []
    try:
        for _ in range(_PATIENCE):
            polled = consumer.poll(_WAIT, most)
            found.extend(record for record in polled if record.partition == partition)
            if len(found) >= most or (found and found[-1].offset + 1 >= end):
                break
    finally:
        consumer.close()
    return found[:most]
