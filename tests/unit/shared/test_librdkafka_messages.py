"""Messages of several partitions, in whatever order they come, become runs of one partition each; compiled code or none."""

import logging
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog import librdkafka_messages
from shared.eventlog.kafka_options import KafkaOptions
from shared.eventlog.librdkafka_messages import Messages, borders
from shared.eventlog.librdkafka_walk import AS_IT_STANDS, MESSAGE, Walk

PLACES = st.tuples(st.integers(1, 2), st.integers(0, 2))
NO_MESSAGES = np.zeros(0, dtype=np.int64)


@given(st.lists(PLACES, max_size=30))
def test_each_run_is_a_stretch_of_one_partition(places: list[tuple[int, int]]) -> None:
    fetched = np.zeros(len(places), dtype=MESSAGE)
    for place, (topic, number) in enumerate(places):
        fetched[place]["topic"], fetched[place]["partition"] = topic, number
    stretches = [places[start:end] for start, end in pairwise(borders(fetched))]
    assert stretches == [list(some) for _, some in groupby(places)]


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'numba'"), RuntimeError("no compiler")])
def test_where_nothing_can_be_compiled_messages_are_read_all_the_same(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[Exception] = []

    def compile_it() -> Walk:
        tried.append(error)
        raise error

    monkeypatch.setattr(librdkafka_messages, "WORTH_COMPILING", 0)
    messages = Messages(KafkaOptions("127.0.0.1:1"), compile_it)
    with caplog.at_level(logging.WARNING, "librdkafka"):
        for _ in range(2):
            assert messages.runs(NO_MESSAGES, lambda code, message: None) == []
    assert (tried, str(error) in caplog.text) == ([error], True)


def test_nothing_is_compiled_before_there_is_much_to_read() -> None:
    def compile_it() -> Walk:
        pytest.fail("it was")

    assert Messages(KafkaOptions("127.0.0.1:1"), compile_it).runs(NO_MESSAGES, lambda code, message: None) == []


def test_texts_are_copied_one_after_the_other_with_room_between() -> None:
    texts = [np.frombuffer(text, dtype=np.uint8) for text in (b"one", b"", b"three")]
    addresses = np.array([text.ctypes.data for text in texts])
    copied = np.full(11, ord("|"), dtype=np.uint8)
    AS_IT_STANDS.copy_texts(addresses, np.array([3, 0, 5]), copied.ctypes.data)
    assert copied.tobytes() == b"one||three|"
