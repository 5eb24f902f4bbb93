"""What a broker sent is read with compiled code or without, from the offset on that was asked for."""

import logging
from collections.abc import Callable

import pytest

from shared.eventlog import fetched_messages
from shared.eventlog.fetch_protocol import Answer
from shared.eventlog.fetched_messages import FetchedMessages
from shared.eventlog.message_columns import MessageColumns
from shared.eventlog.port import Partition
from shared.eventlog.record_batch_walk import Walk, compile_walk
from tests.support.record_batches import BatchRecord, batch

PLACE = Partition("raw.erp", 0)
MANY, FEW = 3, 4


def answer(*batches: bytes) -> Answer:
    return Answer(("raw.erp", 0), 0, 100, (), memoryview(b"".join(batches)).toreadonly())


def three(first_offset: int) -> bytes:
    return batch(first_offset, [BatchRecord(b"x")] * 3)


def failing(error: Exception) -> Callable[[], Walk]:
    def compile_it() -> Walk:
        raise error

    return compile_it


@pytest.mark.parametrize("worth_compiling", [MANY, FEW])
@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_batch_is_read_from_the_offset_on(offset: int, worth_compiling: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched_messages, "WORTH_COMPILING", worth_compiling)
    messages, next_offset = FetchedMessages().read(answer(three(0)), offset)
    assert isinstance(messages, MessageColumns) == (worth_compiling == MANY)
    assert ([one.offset for one in messages.records(PLACE)], next_offset) == (list(range(offset, 3)), 3)


@pytest.mark.parametrize("worth_compiling", [0, FEW])
def test_where_no_batch_is_whole_nothing_is_passed_over(worth_compiling: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched_messages, "WORTH_COMPILING", worth_compiling)
    messages, next_offset = FetchedMessages().read(answer(three(5)[:70]), 5)
    assert (len(messages), next_offset) == (0, 5)


def test_few_records_are_read_as_columns_too_once_many_have_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched_messages, "WORTH_COMPILING", FEW)
    reader = FetchedMessages(compile_walk)
    reader.read(answer(three(0), three(3)), 0)
    messages, _ = reader.read(answer(three(6)), 6)
    assert isinstance(messages, MessageColumns)


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'numba'"), RuntimeError("no compiler")])
def test_where_nothing_can_be_compiled_records_are_read_all_the_same(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fetched_messages, "WORTH_COMPILING", MANY)
    reader = FetchedMessages(failing(error))
    with caplog.at_level(logging.WARNING, "kafka"):
        found = [len(reader.read(answer(three(first)), first)[0]) for first in (0, 3)]
    assert found == [3, 3]
    assert [record.getMessage().count(str(error)) for record in caplog.records] == [1]
