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


BEGINNING = datetime.min.replace(tzinfo=UTC)


def mark(partition: int, hours: float, *, at_end: bool, source: str = "mes-7") -> PartitionMarks:
    """Of a partition by itself, as marks were before they said where the others end."""
    until = NOON + timedelta(hours=hours)
    return PartitionMarks(partition, at_end, (SourceMark("inspection", source, until, ARRIVED),))


def snapshot(partition: int, reached: int, hours: float, *ends: int) -> PartitionMarks:
    """Of a partition folded up to `reached`, while all of them ended at `ends`."""
    until = NOON + timedelta(hours=hours)
    sources = (SourceMark("inspection", "mes-7", until, ARRIVED),)
    return PartitionMarks(partition, reached >= ends[partition], sources, reached=reached, ends=dict(enumerate(ends)))


def progress(marks: list[PartitionMarks], now: datetime = ARRIVED) -> Reached | Waiting:
    return reached(note(Watermarks(), marks), reading_type="inspection", idle_timeout=IDLE, now=now)


# marks → hours after noon that the source has come to
EXAMPLES: list[tuple[list[PartitionMarks], float]] = [
    ([mark(0, 1, at_end=False)], 1),
    ([mark(0, 1, at_end=False), mark(1, 3, at_end=False)], 1),
    ([mark(0, 1, at_end=True), mark(1, 3, at_end=False)], 3),
    ([mark(0, 1, at_end=True), mark(1, 3, at_end=True)], 3),
    ([mark(0, 3, at_end=False), mark(0, 1, at_end=False)], 3),
    ([mark(0, 3, at_end=False), mark(0, 5, at_end=False, source="mes-8")], 3),
    ([mark(0, 3, at_end=True), mark(0, 5, at_end=False, source="mes-8")], 3),
    ([mark(0, 3, at_end=False), PartitionMarks(0, at_end=True, reached=1)], 3),
    ([snapshot(0, 1, 9, 1, 0)], 9),
    ([snapshot(0, 1, 9, 1, 1), snapshot(1, 1, 3, 1, 1)], 9),
    ([snapshot(0, 1, 4, 1, 0), snapshot(0, 2, 9, 2, 1)], 4),  # partition 1 has got something that nobody has read
    ([snapshot(1, 1, 2, 0, 1), snapshot(0, 1, 9, 1, 2)], 2),
    (
        [snapshot(0, 1, 9, 1, 1), snapshot(1, 1, 3, 2, 2)],
        9,
    ),  # more has come, but what was there at the cut has been read
]


@pytest.mark.parametrize(("marks", "hours"), EXAMPLES)
def test_a_source_has_come_as_far_as_its_least_partition_that_has_more_to_read(
    marks: list[PartitionMarks], hours: float
) -> None:
    found = progress(marks)
    assert isinstance(found, Reached)
    assert found.until == NOON + timedelta(hours=hours)


def test_what_waits_on_another_partition_holds_windows_open_from_the_first_block_on() -> None:
    found = progress([snapshot(0, 1, 9, 1, 1)], ARRIVED + 2 * IDLE)
    assert isinstance(found, Reached)
    assert (found.until, found.next_idle) == (BEGINNING, None)
    known = note(Watermarks(), [snapshot(0, 1, 9, 1, 1)])
    assert ages([known], ARRIVED) == {}


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
    marks = [
        mark(0, 5, at_end=True, source="a"),
        mark(1, 1, at_end=True, source="b"),
        mark(1, 2, at_end=False, source="b"),
    ]
    found = progress(marks, ARRIVED + 2 * IDLE)
    assert isinstance(found, Reached)
    assert (found.until, found.held_by) == (NOON + timedelta(hours=2), "b")


def test_a_partition_that_begins_to_carry_a_source_does_not_take_its_watermark_back() -> None:
    known = note(Watermarks(), [mark(0, 5, at_end=True)])
    known = note(known, [mark(1, 1, at_end=False)])
    found = reached(known, reading_type="inspection", idle_timeout=IDLE, now=ARRIVED)
    assert isinstance(found, Reached)
    assert found.until == NOON + timedelta(hours=5)


def test_ages_are_told_per_source() -> None:
    known = note(Watermarks(), [mark(0, 5, at_end=True), mark(1, 1, at_end=True, source="b")])
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


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(1, 3)), max_size=30)
"""(whether a request is appended, partition that is folded, partitions that the request touches or blocks that are folded)."""


@settings(deadline=None)
@given(STEPS)
def test_nothing_that_waits_unread_is_late_however_partitions_are_interleaved(
    steps: list[tuple[bool, int, int]],
) -> None:
    """Request n spans the hours from 10n to 10n+9, and puts a block of all of it on each partition that it touches."""
    blocks: dict[int, list[int]] = {0: [], 1: [], 2: []}
    folded = dict.fromkeys(blocks, 0)
    known, requests = Watermarks(), 0
    everything = [(False, number, 1000) for number in blocks]
    for appends, partition, count in [*steps, *everything]:
        if appends:
            for number in range(partition, partition + count):
                blocks[number % 3].append(requests)
            requests += 1
        elif folded[partition] < len(blocks[partition]):
            folded[partition] = min(folded[partition] + count, len(blocks[partition]))
            newest = blocks[partition][folded[partition] - 1]
            ends = [len(blocks[number]) for number in blocks]
            known = note(known, [snapshot(partition, folded[partition], 10 * newest + 9, *ends)])
            unread = [request for number in blocks for request in blocks[number][folded[number] :]]
            came_to = known.sources[0].watermark
            assert all(came_to <= NOON + timedelta(hours=10 * request) for request in unread)
    if requests:
        assert known.sources[0].watermark == NOON + timedelta(hours=10 * (requests - 1) + 9)
