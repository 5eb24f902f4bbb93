"""What one transaction takes of a batch: memory is bounded by it, whatever the size of the blocks."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def portions(items: Iterable[T], rows: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """The items in their order, as many at a time as hold no more than `most` rows together; one, however many it holds.

    Items are asked for as they are needed.
    """
    portion: list[T] = []
    total = 0
    for item in items:
        count = rows(item)
        if portion and total + count > most:
            yield portion
            portion, total = [], 0
        portion.append(item)
        total += count
    if portion:
        yield portion
