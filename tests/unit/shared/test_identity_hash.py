"""The hash that names an event for ever. These values may never change: logs and databases in use depend on them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.readings import identity_hash


@pytest.mark.parametrize(
    ("source", "event_id", "expected"),
    [
        ("a", "b", 16348310442870688621),
        ("mes-7", "e1", 11734007537016872083),
        ("", "", 3803688792395291579),
        ("质量", "事件-1", 1345600409771200713),
    ],
)
def test_golden_values(source: str, event_id: str, expected: int) -> None:
    assert identity_hash(source, event_id) == expected


def test_lengths_keep_source_and_id_apart() -> None:
    assert identity_hash("ab", "c") != identity_hash("a", "bc")


@given(st.text(), st.text())
def test_it_is_an_unsigned_64_bit_number(source: str, event_id: str) -> None:
    assert 0 <= identity_hash(source, event_id) < 2**64
