"""Where new records go: the partition they name, that of their key, or the next in turn."""

import pytest

from shared.eventlog.partitioner import partition_of
from shared.eventlog.placement import Placement
from shared.eventlog.port import NewRecord, Partition, UnknownTopic

COUNTS = {"orders": 4, "calls": 3}


def count_of(topic: str) -> int:
    if topic not in COUNTS:
        raise UnknownTopic(f"there is no topic {topic}")
    return COUNTS[topic]


def test_a_record_goes_where_it_says_whatever_its_key() -> None:
    named = [NewRecord("orders", b"", key=b"k", partition=number) for number in (3, 0, 3)]
    assert Placement(count_of).places(named) == [Partition("orders", 3), Partition("orders", 0), Partition("orders", 3)]


def test_a_key_decides_for_the_partitions_of_its_topic() -> None:
    records = [NewRecord(topic, b"", key=b"%d" % number) for topic in COUNTS for number in range(20)]
    assert Placement(count_of).places(records) == [
        Partition(record.topic, partition_of(record.key or b"", COUNTS[record.topic])) for record in records
    ]


def test_records_without_either_take_turns() -> None:
    places = Placement(count_of).places([NewRecord("calls", b"")] * 6)
    assert sorted(place.number for place in places) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("number", [-1, 4])
def test_a_partition_that_does_not_exist_is_refused(number: int) -> None:
    with pytest.raises(UnknownTopic, match=f"orders has partitions 0 to 3, not {number}"):
        Placement(count_of).places([NewRecord("orders", b"", partition=0), NewRecord("orders", b"", partition=number)])


def test_a_topic_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownTopic, match="returns"):
        Placement(count_of).places([NewRecord("returns", b"", partition=0)])
