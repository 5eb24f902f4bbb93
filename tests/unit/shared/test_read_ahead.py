"""How much of bodies is read ahead: never more together than there is room for, and all of it is given back."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.read_ahead import LEAST_BYTES, ReadAhead

MOST = 4 * LEAST_BYTES


def granted(ahead: ReadAhead, content_length: str | None) -> int:
    with ahead.granted(content_length) as most_bytes:
        return most_bytes


@pytest.mark.parametrize("content_length", [None, "", "-5", "many", "0", str(LEAST_BYTES), str(10**12), "9" * 20])
def test_what_is_short_or_long_or_does_not_say_is_begun_only(content_length: str | None) -> None:
    assert granted(ReadAhead(), content_length) == LEAST_BYTES


def test_a_body_of_a_thousand_events_is_read_whole() -> None:
    assert granted(ReadAhead(), "237999") == 237_999


@given(st.lists(st.integers(0, 2 * MOST)))
def test_together_they_never_take_more_than_there_is(lengths: list[int]) -> None:
    ahead = ReadAhead(MOST)
    with ExitStack() as open_bodies:
        taken = [open_bodies.enter_context(ahead.granted(str(length))) for length in lengths]
        assert sum(most for most in taken if most > LEAST_BYTES) <= MOST
    assert granted(ahead, str(MOST)) == MOST


def test_what_a_failed_request_had_is_given_back() -> None:
    ahead = ReadAhead(MOST)
    with pytest.raises(ConnectionError), ahead.granted(str(MOST)):
        raise ConnectionError
    assert granted(ahead, str(MOST)) == MOST
