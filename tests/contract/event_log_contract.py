"""What every event log does: one class of tests, a subclass for each adapter."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.eventlog.limits import MAX_ENVELOPE_BYTES
from shared.eventlog.partitioner import partition_of
from shared.eventlog.port import (
    MAX_RECORD_BYTES,
    EventLog,
    NewRecord,
    OffsetOutOfRange,
    Partition,
    RecordTooLarge,
    TopicSpec,
    UnknownTopic,
)
from tests.contract.log_reader import PATIENCE_SECONDS, Reader, poll_until_shared

TOPIC = "events"
PARTITIONS = 4
ZERO = Partition(TOPIC, 0)


def numbered(count: int, *, partition: int | None = 0, key: bytes | None = None) -> list[NewRecord]:
    return [NewRecord(TOPIC, b"%d" % number, key=key, partition=partition) for number in range(count)]


class EventLogContract:
    """Subclasses provide the fixture `log`: empty, of its own, closed after the test."""

    @pytest.fixture(autouse=True)
    def topic(self, log: EventLog) -> None:
        log.ensure_topics([TopicSpec(TOPIC, PARTITIONS)])

    # Topics

    def test_a_topic_exists_after_it_was_ensured_and_is_left_alone_the_second_time(self, log: EventLog) -> None:
        log.ensure_topics([TopicSpec(TOPIC, 9), TopicSpec("more.events", 1, timedelta(days=1))])
        assert list(log.topics()) == [TOPIC, "more.events"]
        assert log.partition_count(TOPIC) == PARTITIONS
        assert log.partition_count("more.events") == 1

    def test_a_log_that_takes_records_says_so(self, log: EventLog) -> None:
        log.check()
        log.append(numbered(1))
        log.check()

    def test_what_does_not_exist_is_an_unknown_topic(self, log: EventLog) -> None:
        missing = Partition(TOPIC, PARTITIONS)
        with pytest.raises(UnknownTopic):
            log.partition_count("nowhere")
        with pytest.raises(UnknownTopic):
            log.append([NewRecord("nowhere", b"x")])
        with pytest.raises(UnknownTopic):
            log.append([NewRecord(TOPIC, b"x", partition=PARTITIONS)])
        with pytest.raises(UnknownTopic):
            log.offsets(missing)
        with pytest.raises(UnknownTopic):
            log.delete_before(missing, 0)

    def test_its_identity_stays(self, log: EventLog) -> None:
        assert log.identity()
        assert log.identity() == log.identity()

    # Appending and reading

    def test_append_tells_the_place_of_every_record(self, log: EventLog) -> None:
        first = log.append([*numbered(2, partition=1), *numbered(1, partition=3)])
        second = log.append(numbered(1, partition=1))
        assert list(first) == [(Partition(TOPIC, 1), 0), (Partition(TOPIC, 1), 1), (Partition(TOPIC, 3), 0)]
        assert list(second) == [(Partition(TOPIC, 1), 2)]
        assert list(log.append([])) == []

    def test_a_record_comes_back_as_it_was(self, log: EventLog) -> None:
        headers = (("kind", b"test"), ("empty", b""), ("kind", b"again"), ("ümlaut", bytes(range(256))))
        before = datetime.now(UTC)  # noqa: TID251 - the adapters' clocks run
        log.append([NewRecord(TOPIC, b"\x00\xffvalue", key=b"\x00key", partition=2, headers=headers)])
        (record,) = Reader(log, [TOPIC]).read(1)
        assert (record.partition, record.offset) == (Partition(TOPIC, 2), 0)
        assert (record.key, record.value, record.headers) == (b"\x00key", b"\x00\xffvalue", headers)
        assert record.appended_at.utcoffset() == timedelta(0)
        assert abs(record.appended_at - before) < timedelta(seconds=PATIENCE_SECONDS)

    @pytest.mark.parametrize("headers", [(), (("a", b"b"),)])
    def test_a_value_may_be_empty_and_a_key_absent(self, log: EventLog, headers: tuple[tuple[str, bytes], ...]) -> None:
        log.append([NewRecord(TOPIC, b"", key=None, partition=0, headers=headers)])
        (record,) = Reader(log, [TOPIC]).read(1)
        assert (record.key, record.value, record.headers) == (None, b"", headers)

    def test_records_of_one_key_stay_together_and_in_order(self, log: EventLog) -> None:
        keys = [b"key-%d" % number for number in range(10)]
        for number in range(20):
            log.append([NewRecord(TOPIC, b"%d" % number, key=key) for key in keys])
        reader = Reader(log, [TOPIC])
        reader.read(200)
        for key in keys:
            mine = [record for record in reader.records if record.key == key]
            assert [record.value for record in mine] == [b"%d" % number for number in range(20)]
            assert {record.partition.number for record in mine} == {partition_of(key, PARTITIONS)}

    def test_the_key_chooses_the_same_partition_on_every_log(self, log: EventLog) -> None:
        keys = [b"", b"a", b"ab", b"abc", b"abcd", "schlüssel-1".encode(), bytes(range(256)), b"line=A"]
        places = log.append([NewRecord(TOPIC, b"x", key=key) for key in keys])
        assert [place.number for place, _ in places] == [partition_of(key, PARTITIONS) for key in keys]

    def test_one_call_keeps_its_order_within_a_partition(self, log: EventLog) -> None:
        headed = [NewRecord(TOPIC, b"%d" % n, partition=0, headers=(("h", b"1"),) * (n % 2)) for n in range(500)]
        places = log.append(headed)
        assert [offset for _, offset in places] == list(range(500))
        reader = Reader(log, [TOPIC])
        reader.read(500)
        assert reader.values() == [b"%d" % number for number in range(500)]

    def test_large_records_pass(self, log: EventLog) -> None:
        value = bytes(range(256)) * (5 * 4096)  # 5 MiB
        log.append([NewRecord(TOPIC, value, partition=0), NewRecord(TOPIC, value, partition=0, headers=(("h", b""),))])
        largest = b"\x01" * MAX_RECORD_BYTES
        log.append([NewRecord(TOPIC, largest, partition=0)])
        reader = Reader(log, [TOPIC])
        assert [len(record.value) for record in reader.read(3)] == [len(value), len(value), MAX_RECORD_BYTES]
        assert reader.values() == [value, value, largest]

    def test_what_is_too_large_is_refused_with_the_whole_call(self, log: EventLog) -> None:
        small = NewRecord(TOPIC, b"x", partition=0)
        with pytest.raises(RecordTooLarge):
            log.append([small, NewRecord(TOPIC, b"x" * (MAX_RECORD_BYTES + 1), partition=0)])
        with pytest.raises(RecordTooLarge):
            log.append([small, NewRecord(TOPIC, b"x", key=b"k" * (MAX_ENVELOPE_BYTES + 1), partition=0)])
        assert log.offsets(ZERO) == (0, 0)

    def test_appends_from_many_threads_are_all_there_once(self, log: EventLog) -> None:
        def work(worker: int) -> None:
            for number in range(20):
                log.append(
                    [NewRecord(TOPIC, b"%d/%d/%d" % (worker, number, part), key=b"%d" % worker) for part in (0, 1)]
                )

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        reader = Reader(log, [TOPIC])
        reader.read(12 * 20 * 2)
        reader.read_nothing_more()
        for worker in range(12):
            mine = [record.value for record in reader.records if record.key == b"%d" % worker]
            assert mine == [b"%d/%d/%d" % (worker, number, part) for number in range(20) for part in (0, 1)]

    # Polling

    def test_a_poll_returns_no_more_than_it_was_asked_for(self, log: EventLog) -> None:
        log.append([record for partition in range(PARTITIONS) for record in numbered(30, partition=partition)])
        reader = Reader(log, [TOPIC])
        while len(reader.records) < 120:
            assert len(reader.poll(max_records=7)) <= 7
        assert len({(record.partition, record.offset) for record in reader.records}) == 120

    def test_a_waiting_poll_returns_as_soon_as_there_is_a_record(self, log: EventLog) -> None:
        reader = Reader(log, [TOPIC])
        log.append(numbered(1))
        reader.read(1)
        late = threading.Timer(0.3, lambda: log.append(numbered(1)))
        late.start()
        started = time.monotonic()
        assert len(reader.poll(timedelta(seconds=20))) == 1
        assert time.monotonic() - started < 10
        late.join()

    def test_a_poll_without_records_returns_after_its_wait(self, log: EventLog) -> None:
        reader = Reader(log, [TOPIC])
        started = time.monotonic()
        assert list(reader.poll(timedelta(seconds=0.3))) == []
        assert 0.25 < time.monotonic() - started < 10

    def test_seeking_reads_on_from_there(self, log: EventLog) -> None:
        log.append(numbered(10))
        reader = Reader(log, [TOPIC])
        reader.read(10)
        reader.consumer.seek(ZERO, 7)
        assert [record.offset for record in reader.read(3)] == [7, 8, 9]
        reader.consumer.seek(ZERO, 2)
        reader.consumer.seek(ZERO, 9)
        assert [record.offset for record in reader.read(1)] == [9]
        reader.read_nothing_more()

    def test_seeking_back_and_forth_in_the_middle_repeats_and_skips_exactly(self, log: EventLog) -> None:
        log.append(numbered(100))
        reader = Reader(log, [TOPIC])
        while not reader.records:
            reader.poll(max_records=10)
        reader.consumer.seek(ZERO, 50)
        assert [record.offset for record in reader.read(50)] == list(range(50, 100))

    def test_only_assigned_partitions_can_be_sought(self, log: EventLog) -> None:
        reader = Reader(log, [TOPIC])
        with pytest.raises(ValueError, match="not assigned"):
            reader.consumer.seek(Partition("nowhere", 0), 0)

    def test_a_paused_partition_is_silent_until_it_is_resumed(self, log: EventLog) -> None:
        reader = Reader(log, [TOPIC])
        log.append(numbered(1))
        reader.read(1)
        reader.consumer.pause([ZERO])
        log.append([*numbered(5), *numbered(1, partition=1)])
        assert [record.partition.number for record in reader.read(1)] == [1]
        reader.read_nothing_more()
        reader.consumer.resume([ZERO])
        assert [record.offset for record in reader.read(5)] == [1, 2, 3, 4, 5]

    def test_a_resumed_partition_goes_on_though_the_others_have_been_read_to_their_ends(self, log: EventLog) -> None:
        log.append([*numbered(20), *numbered(20, partition=1)])
        reader = Reader(log, [TOPIC])
        while not reader.records:
            reader.poll(max_records=1)
        begun = reader.records[0].partition
        reader.consumer.pause([begun])
        others = reader.read(20)
        assert begun not in {record.partition for record in others}
        reader.consumer.resume([begun])
        assert [record.offset for record in reader.read(19)] == list(range(1, 20))

    def test_a_partition_may_be_sought_while_it_is_paused(self, log: EventLog) -> None:
        log.append(numbered(10))
        reader = Reader(log, [TOPIC])
        reader.read(10)
        reader.consumer.pause([ZERO])
        reader.consumer.seek(ZERO, 4)
        reader.read_nothing_more()
        reader.consumer.resume([ZERO])
        assert [record.offset for record in reader.read(6)] == [4, 5, 6, 7, 8, 9]

    def test_lag_counts_what_lies_ahead(self, log: EventLog) -> None:
        log.append(numbered(10))
        reader = Reader(log, [TOPIC])
        assert reader.consumer.lag(ZERO) is None
        while not reader.records:
            reader.poll(max_records=4)
        assert reader.consumer.lag(ZERO) == 10 - len(reader.records)
        reader.read(10 - len(reader.records))
        assert reader.consumer.lag(ZERO) == 0

    # Offsets

    def test_offsets_name_the_first_record_held_and_the_next_to_come(self, log: EventLog) -> None:
        assert log.offsets(ZERO) == (0, 0)
        log.append(numbered(5))
        assert log.offsets(ZERO) == (0, 5)
        assert log.offsets(Partition(TOPIC, 1)) == (0, 0)

    def test_the_ends_of_all_partitions_can_be_asked_at_once(self, log: EventLog) -> None:
        log.append([*numbered(3), *numbered(2, partition=1)])
        log.delete_before(ZERO, 1)
        assert log.ends(TOPIC) == {0: 3, 1: 2, **dict.fromkeys(range(2, PARTITIONS), 0)}
        with pytest.raises(UnknownTopic):
            log.ends("no-such-topic")

    def test_deleted_records_are_gone_and_offsets_go_on(self, log: EventLog) -> None:
        log.append(numbered(5))
        log.delete_before(ZERO, 3)
        log.delete_before(ZERO, 1)
        assert log.offsets(ZERO) == (3, 5)
        assert [record.offset for record in Reader(log, [TOPIC]).read(2)] == [3, 4]
        log.delete_before(ZERO, 5)
        assert log.offsets(ZERO) == (5, 5)
        assert list(log.append(numbered(1))) == [(ZERO, 5)]

    def test_nothing_beyond_the_end_can_be_deleted(self, log: EventLog) -> None:
        log.append(numbered(2))
        with pytest.raises(OffsetOutOfRange):
            log.delete_before(ZERO, 3)
        assert log.offsets(ZERO) == (0, 2)

    @pytest.mark.parametrize("stored", [1, 9])
    def test_an_offset_that_is_not_on_the_log_is_never_replaced_by_another(self, log: EventLog, stored: int) -> None:
        log.append(numbered(5))
        log.delete_before(ZERO, 3)
        reader = Reader(log, [TOPIC], starts={ZERO: stored})
        for _ in range(2):  # nor when it is asked again
            with pytest.raises(OffsetOutOfRange):
                reader.read(1)
        assert reader.records == []

    # Groups

    def test_what_a_group_has_said_of_where_it_stands_can_be_asked(self, log: EventLog) -> None:
        log.append(numbered(10))
        reader = Reader(log, [TOPIC], group="watched")
        reader.read(10)
        assert log.committed("watched", ZERO) is None
        reader.consumer.commit({ZERO: 7})
        deadline = time.monotonic() + PATIENCE_SECONDS
        while log.committed("watched", ZERO) != 7:  # `commit` need not wait for the broker's answer
            assert time.monotonic() < deadline
            reader.poll()
        assert log.committed("nobody", ZERO) is None
        with pytest.raises(UnknownTopic):
            log.committed("watched", Partition("no-such-topic", 0))

    def test_what_was_not_stored_is_delivered_again(self, log: EventLog) -> None:
        log.append(numbered(10))
        first = Reader(log, [TOPIC])
        first.read(10)
        first.consumer.commit({ZERO: 10})  # tells the broker; where to start is the reader's own knowledge
        first.consumer.close()
        second = Reader(log, [TOPIC], starts={ZERO: 4})
        assert [record.offset for record in second.read(6)] == [4, 5, 6, 7, 8, 9]

    def test_a_partition_without_a_stored_offset_starts_at_its_beginning(self, log: EventLog) -> None:
        log.append([*numbered(3), *numbered(3, partition=1)])
        log.delete_before(ZERO, 1)
        reader = Reader(log, [TOPIC], starts={Partition(TOPIC, 1): 2})
        places = sorted((record.partition.number, record.offset) for record in reader.read(3))
        assert places == [(0, 1), (0, 2), (1, 2)]

    def test_two_groups_read_everything_each(self, log: EventLog) -> None:
        log.append(numbered(5))
        assert len(Reader(log, [TOPIC], group="one").read(5)) == 5
        assert len(Reader(log, [TOPIC], group="two").read(5)) == 5

    def test_two_members_share_the_partitions_and_a_leaver_is_replaced(self, log: EventLog) -> None:
        everything = [Partition(TOPIC, number) for number in range(PARTITIONS)]
        first = Reader(log, [TOPIC])
        self._append_everywhere(log, b"a")
        first.read(PARTITIONS)
        assert sorted(first.held) == everything

        second = Reader(log, [TOPIC])
        second.starts = first.starts = dict.fromkeys(everything, 1)
        poll_until_shared([first, second], PARTITIONS)
        assert sorted(first.lost) == everything
        assert sorted([*first.held, *second.held]) == everything
        assert {len(first.held), len(second.held)} == {PARTITIONS // 2}

        self._append_everywhere(log, b"b")
        for reader in (first, second):
            reader.records.clear()
            reader.read(PARTITIONS // 2)
            assert {record.partition for record in reader.records} == reader.held
            assert set(reader.values()) == {b"b"}

        first.starts = dict.fromkeys(everything, 2)
        second.consumer.close()
        assert second.held == set()
        poll_until_shared([first], PARTITIONS)
        self._append_everywhere(log, b"c")
        assert {record.value for record in first.read(PARTITIONS)} == {b"c"}

    def test_a_rebalance_undoes_a_pause(self, log: EventLog) -> None:
        first = Reader(log, [TOPIC])
        poll_until_shared([first], PARTITIONS)
        first.consumer.pause(sorted(first.held))
        second = Reader(log, [TOPIC])
        poll_until_shared([first, second], PARTITIONS)
        self._append_everywhere(log, b"a")
        assert len(first.read(PARTITIONS // 2)) == PARTITIONS // 2

    def test_members_may_subscribe_to_different_topics(self, log: EventLog) -> None:
        log.ensure_topics([TopicSpec("others", 2)])
        both, one = Reader(log, [TOPIC, "others"]), Reader(log, ["others"])
        poll_until_shared([both, one], PARTITIONS + 2)
        assert {partition.topic for partition in one.held} == {"others"}
        assert {Partition(TOPIC, number) for number in range(PARTITIONS)} <= both.held

    def test_a_name_with_a_star_covers_topics_made_later(self, log: EventLog) -> None:
        log.ensure_topics([TopicSpec("raw.erp", 1), TopicSpec("rawer", 1)])
        reader = Reader(log, ["raw.*"])
        log.append([NewRecord("raw.erp", b"1"), NewRecord("rawer", b"no"), NewRecord(TOPIC, b"no")])
        assert [record.value for record in reader.read(1)] == [b"1"]
        reader.starts = {Partition("raw.erp", 0): 1}
        log.ensure_topics([TopicSpec("raw.mes-7", 2)])
        log.append([NewRecord("raw.mes-7", b"2", partition=1)])
        assert [record.value for record in reader.read(1)] == [b"2"]
        assert {partition.topic for partition in reader.held} == {"raw.erp", "raw.mes-7"}
        reader.read_nothing_more()

    def test_a_topic_may_be_made_after_its_consumer(self, log: EventLog) -> None:
        reader = Reader(log, ["later"])
        reader.poll()
        log.ensure_topics([TopicSpec("later", 1)])
        log.append([NewRecord("later", b"x")])
        assert len(reader.read(1)) == 1

    def test_closing_gives_the_partitions_up_once(self, log: EventLog) -> None:
        reader = Reader(log, [TOPIC])
        poll_until_shared([reader], PARTITIONS)
        reader.consumer.close()
        reader.consumer.close()
        assert sorted(reader.lost) == [Partition(TOPIC, number) for number in range(PARTITIONS)]

    def test_a_failed_on_assigned_is_raised_and_asked_again(self, log: EventLog) -> None:
        log.append(numbered(3))
        reader = Reader(log, [TOPIC], starts={ZERO: 2})
        reader.fails_on_assigned = RuntimeError("database away")
        for _ in range(2):
            with pytest.raises(RuntimeError, match="database away"):
                reader.read(1)
        reader.fails_on_assigned = None
        assert [record.offset for record in reader.read(1)] == [2]

    def test_a_failed_on_revoked_is_raised_and_the_group_goes_on(self, log: EventLog) -> None:
        first = Reader(log, [TOPIC])
        poll_until_shared([first], PARTITIONS)
        first.fails_on_revoked = RuntimeError("cache broken")
        second = Reader(log, [TOPIC])
        with pytest.raises(RuntimeError, match="cache broken"):
            poll_until_shared([first, second], PARTITIONS)
        first.fails_on_revoked = None
        poll_until_shared([first, second], PARTITIONS)

    def test_callbacks_may_ask_the_log(self, log: EventLog) -> None:
        log.append(numbered(3))
        seen: list[tuple[int, int]] = []

        def on_assigned(partitions: Sequence[Partition]) -> dict[Partition, int]:
            seen.extend(log.offsets(partition) for partition in partitions)
            return {partition: log.offsets(partition)[1] for partition in partitions}

        consumer = log.consumer(group="asks", topics=[TOPIC], on_assigned=on_assigned, on_revoked=lambda _: None)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not seen and time.monotonic() < deadline:
            assert list(consumer.poll(timedelta(seconds=0.05), 10)) == []
        assert sorted(seen) == [(0, 0), (0, 0), (0, 0), (0, 3)]
        consumer.close()

    # Closing

    def test_closing_twice_changes_nothing(self, log: EventLog) -> None:
        log.close()
        log.close()

    @staticmethod
    def _append_everywhere(log: EventLog, value: bytes) -> None:
        log.append([NewRecord(TOPIC, value, partition=number) for number in range(PARTITIONS)])
