"""What one transaction takes: bounded by rows, whatever the size of a block."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.analytics.entrypoints.portions import portions


@given(st.lists(st.integers(0, 9)), st.integers(0, 12))
def test_portions_are_the_items_in_order_and_hold_no_more_than_they_may(counts: list[int], most: int) -> None:
    found = list(portions(counts, int, most))
    assert [count for portion in found for count in portion] == counts
    assert all(sum(portion) <= most or len(portion) == 1 for portion in found)
    assert all(sum(one) + other[0] > most for one, other in pairwise(found))


def test_items_are_asked_for_as_they_are_needed() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            asked.append(number)
            yield number

    next(portions(items(), lambda _: 1, 3))
    assert asked == [0, 1, 2, 3]
