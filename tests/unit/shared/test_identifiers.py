"""Identifiers are UUIDs of version 7 that sort by the time they were made."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.clock import FixedClock
from shared.runtime.identifiers import SortableIds

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@given(st.integers(0, 2**32), st.integers(1, 600), st.timedeltas(timedelta(0), timedelta(days=36_500)))
def test_each_is_a_uuid_of_version_7_in_their_order(seed: int, count: int, since: timedelta) -> None:
    made = SortableIds(FixedClock(NOON + since), random.Random(seed)).many(count)
    assert len(made) == count
    assert sorted(set(made)) == made
    for text in made:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 7, uuid.RFC_4122)
        assert read.int >> 80 == int((NOON + since).timestamp() * 1000)


class LargestNumbers(random.Random):
    def getrandbits(self, bits: int, /) -> int:
        return (1 << bits) - 1


def test_a_count_goes_on_from_the_largest_number() -> None:
    made = SortableIds(FixedClock(NOON), LargestNumbers()).many(3)
    assert [text[-12:] for text in made] == ["7fffffffffff", "800000000000", "800000000001"]
    assert len({text[:-12] for text in made}) == 1
