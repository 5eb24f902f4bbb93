"""What is held of a partition, and cuts by time."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.held_records import Held, evenly, in_proportion, oldest_first
from shared.eventlog.port import Partition, Record
from shared.eventlog.record_runs import Listed, Run

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ZERO = Partition("raw.erp", 0)


def held(*seconds: float, number: int = 0) -> Held:
    """What the log took at these seconds, one byte each."""
    partition = Partition("raw.erp", number)
    found = Held()
    for offset, second in enumerate(seconds):
        record = Record(partition, offset, None, b"x", (), BEGINNING + second * SECOND)
        found.add(Run(partition, Listed([record])))
    return found


def everything(*ones: Held) -> list[tuple[Held, int]]:
    return [(one, len(one)) for one in ones]


def test_what_is_taken_is_the_oldest_and_no_longer_held() -> None:
    one = held(1, 2, 3)
    assert [record.offset for run in one.take(2) for record in run] == [0, 1]
    assert (len(one), one.size, one.newest) == (1, 1, BEGINNING + 3 * SECOND)
    assert [record.offset for run in one.take(1) for record in run] == [2]
    one.add(Run(ZERO, Listed([Record(ZERO, 3, None, b"x", (), BEGINNING)])))
    one.clear()
    assert (len(one), one.size, one.newest, one.take(0)) == (0, 0, None, [])


def test_a_cut_counts_what_the_log_took_until_then() -> None:
    one = held(1, 2, 2, 5)
    assert [one.until(BEGINNING + second * SECOND) for second in (0, 1, 2, 4, 5, 9)] == [0, 1, 3, 3, 4, 4]


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
    total = sum(len(one) for one in ones)
    assert sum(counts) == min(room, total)
    taken = [one.appended_at(count - 1) for one, count in zip(ones, counts, strict=True) if count]
    left = [one.appended_at(count) for one, count in zip(ones, counts, strict=True) if count < len(one)]
    assert not taken or not left or max(taken) <= min(left)


@given(st.lists(MOMENTS, min_size=1, max_size=4), st.integers(1, 60))
def test_times_that_go_back_neither_stop_it_nor_make_it_take_too_much(seconds: list[list[int]], room: int) -> None:
    ones = [held(*some, number=number) for number, some in enumerate(seconds)]
    counts = oldest_first(everything(*ones), room)
    assert all(0 <= count <= len(one) for one, count in zip(ones, counts, strict=True))
    assert sum(counts) <= room
    assert sum(counts) or not any(len(one) for one in ones)


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(0, 60))
def test_a_division_gives_out_all_there_is_and_nobody_more_than_wanted(wanted: list[int], room: int) -> None:
    for divide in (in_proportion, evenly):
        parts = divide(wanted, room)
        assert sum(parts) == min(room, sum(wanted))
        assert all(0 <= part <= want for part, want in zip(parts, wanted, strict=True))


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5), max_size=5),
    st.lists(st.integers(1, 8)),
    st.integers(0, 60),
)
def test_runs_are_held_and_cut_as_if_they_were_one(steps: list[list[int]], counts: list[int], second: int) -> None:
    seconds = list(accumulate(step for some in steps for step in some))
    records = [Record(ZERO, offset, None, b"x", (), BEGINNING + at * SECOND) for offset, at in enumerate(seconds)]
    one, left = Held(), list(records)
    for some in steps:
        one.add(Run(ZERO, Listed([left.pop(0) for _ in some])))
    for count in counts:
        whole, taken = Run(ZERO, Listed(records)), min(count, len(records))
        moment = BEGINNING + second * SECOND
        assert (len(one), one.until(moment)) == (len(whole), whole.until(moment))
        assert [one.appended_at(place) for place in range(len(one))] == [record.appended_at for record in records]
        assert [record for run in one.take(taken) for record in run] == records[:taken]
        records = records[taken:]
