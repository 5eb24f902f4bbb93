"""Runs of records, in whatever form a client has read them."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import (
    AS_RECORDS,
    Batch,
    Form,
    Listed,
    Run,
    counts,
    newest_times,
    next_offsets,
    runs_of,
)

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
ONE, OTHER = Partition("raw.erp", 0), Partition("raw.erp", 1)


class Message(NamedTuple):
    """As some client has it: seconds since the beginning, and no value where there is none."""

    at: int
    payload: bytes | None
    taken: int
    labels: tuple[tuple[str, bytes], ...] = ()


def read(partition: Partition, message: Message) -> Record:
    return Record(partition, message.at, None, message.payload or b"", message.labels, moment(message.taken))


def moment(second: int) -> datetime:
    return BEGINNING + timedelta(seconds=second)


FORM = Form(
    record=read,
    value=lambda message: message.payload,
    offset=lambda message: message.at,
    headers=lambda message: message.labels,
    appended_at=lambda message: moment(message.taken),
)
MESSAGES = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.none() | st.binary(max_size=3),
        st.integers(0, 3),
        st.sampled_from([(), (("ce_id", b"1"),)]),
    ),
    min_size=1,
    max_size=20,
)


def in_order(steps: list[tuple[int, bytes | None, int, tuple[tuple[str, bytes], ...]]]) -> list[Message]:
    """Offsets with gaps, as compacted and transactional topics have them, and times that stand still or go on."""
    found, at, taken = [], 0, 0
    for gap, payload, later, labels in steps:
        at, taken = at + gap, taken + later
        found.append(Message(at, payload, taken, labels))
    return found


@given(MESSAGES.map(in_order), st.integers(0, 70), st.integers(0, 70))
def test_a_run_says_of_its_messages_what_their_records_say(messages: list[Message], offset: int, second: int) -> None:
    run, records = Run(ONE, Listed(messages, FORM)), [read(ONE, message) for message in messages]
    assert list(run) == records
    assert [run[place] for place in range(len(run))] == records
    assert list(run[1:3]) == records[1:3]
    assert run.values() == [record.value for record in records]
    assert run.size == sum(len(record.value) for record in records)
    assert run.has_headers == any(record.headers for record in records)
    parts = groupby(records, lambda record: (record.headers, (record.appended_at - BEGINNING) // timedelta(seconds=2)))
    assert [list(part) for part in run.alike(timedelta(seconds=2))] == [list(part) for _, part in parts]
    assert (run.next_offset, run.newest) == (records[-1].offset + 1, records[-1].appended_at)
    assert list(run.since(offset)) == [record for record in records if record.offset >= offset]
    assert run.until(moment(second)) == sum(record.appended_at <= moment(second) for record in records)
    assert list(Run(ONE, Listed(records, AS_RECORDS))) == records


@given(st.lists(st.tuples(st.sampled_from([ONE, OTHER]), MESSAGES.map(in_order)), max_size=4))
def test_a_batch_is_its_records_and_summed_up_like_them(parts: list[tuple[Partition, list[Message]]]) -> None:
    batch = Batch([Run(partition, Listed(messages, FORM)) for partition, messages in parts])
    records = [read(partition, message) for partition, messages in parts for message in messages]
    assert list(batch) == records
    assert len(batch) == len(records)
    assert list(batch[-3:]) == records[-3:]
    assert [record for run in runs_of(records) for record in run] == records
    stands_at = {ONE: 3, OTHER: 0}
    assert next_offsets(batch, stands_at) == next_offsets(records, stands_at)
    assert next_offsets(batch, stands_at) == {
        record.partition: max(record.offset + 1, stands_at[record.partition]) for record in records
    }
    assert newest_times(batch) == newest_times(records)
    assert counts(batch) == counts(records)
    assert counts(batch) == {
        place: sum(r.partition == place for r in records) for place in {r.partition for r in records}
    }
