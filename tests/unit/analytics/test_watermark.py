"""When windows are final: marks of sources and partitions, idle sources, nothing that goes back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.watermark import (
    Closed,
    PartitionMarks,
    Reached,
    SourceMark,
    Waiting,
    WaitingFor,
    Watermarks,
    ages,
    closed_before,
    decide,
    note,
    reached,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ARRIVED = datetime(2026, 11, 23, 9, tzinfo=UTC)
IDLE = timedelta(hours=1)


def mark(partition: int, hours: float, *, at_end: bool, source: str = "mes-7") -> PartitionMarks:
    until = NOON + timedelta(hours=hours)
    return PartitionMarks(partition, at_end, (SourceMark("inspection", source, until, ARRIVED),))


def progress(marks: list[PartitionMarks], now: datetime = ARRIVED) -> Reached | Waiting:
    return reached(note(Watermarks(), marks), reading_type="inspection", idle_timeout=IDLE, now=now)


# marks → hours after noon that the source has come to
EXAMPLES: list[tuple[list[PartitionMarks], float]] = [
    ([mark(0, 1, at_end=False)], 1),
    ([mark(0, 1, at_end=False), mark(1, 3, at_end=False)], 1),
    ([mark(0, 1, at_end=True), mark(1, 3, at_end=False)], 3),
    ([mark(0, 1, at_end=True), mark(1, 3, at_end=True)], 3),
    ([mark(0, 3, at_end=False), mark(0, 1, at_end=False)], 3),
    ([mark(0, 3, at_end=False), mark(1, 5, at_end=False, source="mes-8")], 3),
    ([mark(0, 3, at_end=True), mark(1, 5, at_end=False, source="mes-8")], 3),
    ([mark(0, 3, at_end=False), PartitionMarks(0, at_end=True)], 3),
]


@pytest.mark.parametrize(("marks", "hours"), EXAMPLES)
def test_a_source_has_come_as_far_as_its_least_partition_that_has_more_to_read(
    marks: list[PartitionMarks], hours: float
) -> None:
    found = progress(marks)
    assert isinstance(found, Reached)
    assert found.until == NOON + timedelta(hours=hours)


def test_without_a_reading_nothing_closes() -> None:
    other = PartitionMarks(0, at_end=True, sources=(SourceMark("ticket", "crm", NOON, ARRIVED),))
    assert progress([other]) == Waiting(WaitingFor.FIRST_READING)
    assert decide(NOON, timedelta(0), Waiting(WaitingFor.FIRST_READING)) == Waiting(WaitingFor.FIRST_READING)


def test_a_window_closes_when_the_watermark_has_passed_its_end_and_the_lateness() -> None:
    found = progress([mark(0, 2, at_end=False)])
    assert decide(NOON, timedelta(hours=2), found) == Closed()
    later = decide(NOON, timedelta(hours=2, microseconds=1), found)
    assert later == Waiting(WaitingFor.SOURCE_TO_COME_FURTHER, "mes-7")


def test_an_idle_source_counts_by_the_clock_and_only_when_all_of_it_was_read() -> None:
    at_end, behind = [mark(0, 1, at_end=True)], [mark(0, 1, at_end=False)]
    waiting = progress(at_end, ARRIVED + IDLE - timedelta(microseconds=1))
    assert isinstance(waiting, Reached)
    assert (waiting.until, waiting.by_clock, waiting.next_idle) == (NOON + timedelta(hours=1), False, ARRIVED + IDLE)
    idle = progress(at_end, ARRIVED + IDLE)
    assert isinstance(idle, Reached)
    assert (idle.until, idle.by_clock, idle.next_idle) == (ARRIVED + IDLE, True, None)
    unread = progress(behind, ARRIVED + 10 * IDLE)
    assert isinstance(unread, Reached)
    assert (unread.until, unread.by_clock, unread.next_idle) == (NOON + timedelta(hours=1), False, None)


def test_one_source_that_is_behind_holds_the_others_back() -> None:
    found = progress([mark(0, 5, at_end=True, source="a"), mark(1, 1, at_end=False, source="b")], ARRIVED + 2 * IDLE)
    assert isinstance(found, Reached)
    assert (found.until, found.held_by) == (NOON + timedelta(hours=1), "b")


def test_a_partition_that_begins_to_carry_a_source_does_not_take_its_watermark_back() -> None:
    known = note(Watermarks(), [mark(0, 5, at_end=True)])
    known = note(known, [mark(1, 1, at_end=False)])
    found = reached(known, reading_type="inspection", idle_timeout=IDLE, now=ARRIVED)
    assert isinstance(found, Reached)
    assert found.until == NOON + timedelta(hours=5)


def test_ages_are_told_per_source() -> None:
    known = note(Watermarks(), [mark(0, 5, at_end=True), mark(1, 1, at_end=False, source="b")])
    assert ages([known], NOON + timedelta(hours=6)) == {"mes-7": timedelta(hours=1), "b": timedelta(hours=5)}


def test_lateness_beyond_the_beginning_of_time_is_no_fault() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert closed_before(first + timedelta(days=1), timedelta(days=366)) == first


MARKS = st.builds(
    lambda partition, hours, at_end, source: mark(partition, hours, at_end=at_end, source=source),
    st.integers(0, 2),
    st.integers(0, 50),
    st.booleans(),
    st.sampled_from(["a", "b"]),
)


@settings(deadline=None)
@given(st.lists(st.lists(MARKS, max_size=3), max_size=10))
def test_watermarks_never_go_back_and_repeats_change_nothing(batches: list[list[PartitionMarks]]) -> None:
    known = Watermarks()
    for batch in batches:
        after = note(known, batch)
        before = {source.name: source.watermark for source in known.sources}
        assert all(source.watermark >= before.get(source.name, source.watermark) for source in after.sources)
        assert note(after, batch[-1:]) == after
        known = after
