"""What is held of a partition, and cuts by time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.held_records import Held, evenly, in_proportion, oldest_first
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import Run

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def held(*seconds: float, number: int = 0) -> Held:
    """What the log took at these seconds, one byte each."""
    partition = Partition("raw.erp", number)
    found = Held(partition)
    found.add(
        Run(
            partition,
            [
                Record(partition, offset, None, b"x", (), BEGINNING + second * SECOND)
                for offset, second in enumerate(seconds)
            ],
        )
    )
    return found


def everything(*ones: Held) -> list[tuple[Held, int]]:
    return [(one, len(one.records)) for one in ones]


def test_what_is_taken_is_the_oldest_and_no_longer_held() -> None:
    one = held(1, 2, 3)
    assert [record.offset for record in one.take(2)] == [0, 1]
    assert [record.offset for record in one.records] == [2]
    assert one.size == 1
    one.clear()
    assert (list(one.records), one.size, one.newest) == ([], 0, None)


def test_a_cut_counts_what_the_log_took_until_then() -> None:
    one = held(1, 2, 2, 5)
    assert [one.records.until(BEGINNING + second * SECOND) for second in (0, 1, 2, 4, 5, 9)] == [0, 1, 3, 3, 4, 4]


def test_partitions_of_unequal_density_are_cut_at_one_time() -> None:
    dense, thin = held(*(n / 3 for n in range(300))), held(*range(100))
    assert oldest_first(everything(dense, thin), 40) == [30, 10]


def test_records_of_one_moment_are_taken_in_proportion() -> None:
    assert oldest_first(everything(held(*[1] * 30), held(*[1] * 10)), 20) == [15, 5]


def test_no_more_is_taken_of_one_than_may_be() -> None:
    first, second = held(1, 2, 3, 4), held(5, 6)
    assert oldest_first([(first, 2), (second, 2)], 3) == [2, 1]


def test_whoever_wants_little_does_not_wait_for_who_wants_much() -> None:
    assert evenly([1000, 1, 0, 1000], 101) == [50, 1, 0, 50]
    assert evenly([5, 5, 5], 2) == [1, 1, 0]


MOMENTS = st.lists(st.integers(0, 50), min_size=0, max_size=30)


@given(st.lists(MOMENTS, min_size=1, max_size=4), st.integers(1, 60))
def test_a_cut_leaves_nothing_older_than_what_it_takes(seconds: list[list[int]], room: int) -> None:
    ones = [held(*sorted(some), number=number) for number, some in enumerate(seconds)]
    counts = oldest_first(everything(*ones), room)
    total = sum(len(one.records) for one in ones)
    assert sum(counts) == min(room, total)
    taken = [one.records[count - 1].appended_at for one, count in zip(ones, counts, strict=True) if count]
    left = [one.records[count].appended_at for one, count in zip(ones, counts, strict=True) if count < len(one.records)]
    assert not taken or not left or max(taken) <= min(left)


@given(st.lists(MOMENTS, min_size=1, max_size=4), st.integers(1, 60))
def test_times_that_go_back_neither_stop_it_nor_make_it_take_too_much(seconds: list[list[int]], room: int) -> None:
    ones = [held(*some, number=number) for number, some in enumerate(seconds)]
    counts = oldest_first(everything(*ones), room)
    assert all(0 <= count <= len(one.records) for one, count in zip(ones, counts, strict=True))
    assert sum(counts) <= room
    assert sum(counts) or not any(one.records for one in ones)


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(0, 60))
def test_a_division_gives_out_all_there_is_and_nobody_more_than_wanted(wanted: list[int], room: int) -> None:
    for divide in (in_proportion, evenly):
        parts = divide(wanted, room)
        assert sum(parts) == min(room, sum(wanted))
        assert all(0 <= part <= want for part, want in zip(parts, wanted, strict=True))
