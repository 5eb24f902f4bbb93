"""Partitions read side by side: who waits for whom, who does not, and what is held."""

from collections.abc import Mapping, Sequence

import pytest

from shared.eventlog.port import Partition, Record
from shared.eventlog.side_by_side import LITTLE_PATIENCE, MostHeld, SideBySide
from tests.unit.shared.log_below import BEGINNING, NOW, SECOND, Below

ZERO, ONE, OTHER = Partition("raw.erp", 0), Partition("raw.erp", 1), Partition("raw.mes", 0)


class Member:
    """Who uses the consumer."""

    def __init__(self, below: Below, *, most: MostHeld | None = None) -> None:
        self.starts: Mapping[Partition, int] = {}
        self.lost: list[Partition] = []
        self.consumer = SideBySide(
            below.join, on_assigned=lambda _: self.starts, on_revoked=self.lost.extend, most=most
        )

    def poll(self, max_records: int = 100) -> Sequence[Record]:
        return self.consumer.poll(NOW, max_records)

    def offsets(self, max_records: int = 100) -> list[tuple[Partition, int]]:
        return [(record.partition, record.offset) for record in self.poll(max_records)]

    def poll_until_something(self, most_polls: int = 100) -> list[tuple[Partition, int]]:
        return next(found for found in (self.offsets() for _ in range(most_polls)) if found)


def newest(records: Sequence[Record]) -> dict[Partition, float]:
    return {record.partition: (record.appended_at - BEGINNING) / SECOND for record in records}


def test_a_backlog_of_unequal_partitions_is_worked_off_at_one_pace() -> None:
    below = Below({ZERO: [n / 10 for n in range(10_000)], ONE: list(range(1000))})
    member = Member(below, most=MostHeld(records=500))
    read: list[Record] = []
    while batch := member.poll(110):
        read += batch
        assert len(batch) <= 110
        if len(batch) == 110:
            reached = newest(batch)
            assert abs(reached[ZERO] - reached[ONE]) <= 1
    assert len(read) == 11_000


def test_what_is_held_is_bounded_and_pauses_are_rare() -> None:
    below = Below({ZERO: [n / 100 for n in range(50_000)], ONE: [float(n) for n in range(500)]})
    member = Member(below, most=MostHeld(records=400))
    read = 0
    while batch := member.poll(100):
        read += len(batch)
        assert sum(below.positions.values()) - read <= 400 + 2 * 100
    assert read == 50_500
    assert 0 < below.pauses <= 5


def test_what_is_held_is_bounded_in_bytes_too() -> None:
    below = Below({ZERO: [n / 100 for n in range(50_000)], ONE: [float(n) for n in range(500)]})
    member = Member(below, most=MostHeld(size=800))
    read = 0
    while batch := member.poll(100):
        read += len(batch)
        assert sum(below.positions.values()) - read <= 800 + 2 * 100
    assert read == 50_500


def test_a_live_record_does_not_wait() -> None:
    below = Below({ZERO: [], ONE: []})
    member = Member(below)
    assert member.offsets() == []
    below.append(ONE, 5)
    assert member.offsets() == [(ONE, 0)]


def test_a_partition_that_was_read_to_its_end_holds_nobody_back() -> None:
    member = Member(Below({ZERO: [1], ONE: [1, 2, 3, 4]}))
    assert member.offsets() == [(ZERO, 0), (ONE, 0), (ONE, 1), (ONE, 2), (ONE, 3)]


def test_one_of_which_nothing_comes_holds_others_back_at_what_is_held_of_it() -> None:
    below = Below({ZERO: [1, 2], ONE: [1, 2, 3, 4]})
    below.said[ZERO] = 1
    member = Member(below)
    assert member.offsets() == [(ZERO, 0), (ZERO, 1), (ONE, 0), (ONE, 1)]
    assert member.offsets() == []
    below.said.clear()
    assert member.offsets() == [(ONE, 2), (ONE, 3)]


def test_patience_with_a_partition_of_which_nothing_comes_ends() -> None:
    below = Below({ZERO: [], ONE: [1, 2]})
    below.said[ZERO] = 1
    member = Member(below)
    assert member.offsets() == []
    assert member.poll_until_something() == [(ONE, 0), (ONE, 1)]
    below.append(ONE, 3)
    assert member.offsets() == [(ONE, 2)]  # and nobody waits for it a second time
    below.said[ZERO] = 2
    below.append(ONE, 4)
    assert member.offsets() == []


@pytest.mark.parametrize("said", [1000, None])
def test_patience_lasts_longer_where_much_would_be_late_or_nobody_knows(said: int | None) -> None:
    """At a start a client has not heard of every partition; those that it has could be read to their ends by then."""
    below = Below({ZERO: [], ONE: [1, 2]})
    below.said[ZERO] = said
    member = Member(below)
    assert [member.offsets() for _ in range(100)] == [[]] * 100
    assert member.poll_until_something(most_polls=2000) == [(ONE, 0), (ONE, 1)]


def test_no_poll_waits_longer_than_patience_lasts_while_something_is_held() -> None:
    below = Below({ZERO: [], ONE: [1]})
    below.said[ZERO] = 1
    member = Member(below)
    found = member.consumer.poll(60 * SECOND, 10)
    assert [record.partition for record in found] == [ONE]
    assert sum(below.waits[1:], NOW) <= LITTLE_PATIENCE


def test_what_the_caller_has_paused_is_held_back_and_holds_nobody_back() -> None:
    below = Below({ZERO: [1, 2, 3], ONE: [3, 4, 5, 6]})
    member = Member(below)
    assert member.offsets(2) == [(ZERO, 0)]
    member.consumer.pause([ZERO])
    assert member.offsets(10) == [(ONE, 0), (ONE, 1), (ONE, 2), (ONE, 3)]
    assert member.offsets(10) == []
    member.consumer.resume([ZERO])
    assert member.offsets(10) == [(ZERO, 1), (ZERO, 2)]


def test_who_holds_too_much_is_not_read_again_because_the_caller_resumes_it() -> None:
    below = Below({ZERO: list(range(10, 30)), ONE: [1, 2, 3]})
    below.silent.add(ONE)
    member = Member(below, most=MostHeld(records=4))
    assert member.offsets(6) == []
    assert below.paused == {ZERO}
    member.consumer.pause([ZERO])
    member.consumer.resume([ZERO])
    assert below.paused == {ZERO}


def test_seeking_forgets_what_is_held() -> None:
    below = Below({ZERO: list(range(10)), ONE: [0]})
    below.said[ONE] = 1
    member = Member(below)
    assert member.offsets(8) == [(ZERO, 0), (ONE, 0)]
    member.consumer.seek(ZERO, 7)
    below.said.clear()
    assert member.offsets() == [(ZERO, 7), (ZERO, 8), (ZERO, 9)]
    with pytest.raises(ValueError, match="not assigned"):
        member.consumer.seek(OTHER, 0)


def test_what_was_held_is_dropped_before_the_caller_hears_of_the_loss() -> None:
    below = Below({ZERO: list(range(10)), ONE: [0]})
    below.said[ONE] = 1
    member = Member(below)
    member.poll()
    member.starts = {ZERO: 5, ONE: 1}
    below.rebalance()
    below.said.clear()
    assert member.offsets() == [(ZERO, offset) for offset in range(5, 10)]
    assert member.lost == [ZERO, ONE]


def test_lag_counts_what_is_held() -> None:
    below = Below({ZERO: list(range(10)), ONE: [0]})
    below.said[ONE] = 1
    member = Member(below)
    assert member.consumer.lag(ZERO) is None
    member.poll()
    assert below.lag(ZERO) == 0
    assert member.consumer.lag(ZERO) == 9
    assert member.consumer.lag(OTHER) is None


def test_topics_do_not_wait_for_one_another_and_share_a_poll() -> None:
    below = Below({ZERO: [1, 2], ONE: [], OTHER: list(range(100, 120))})
    below.said[ONE] = 1
    member = Member(below)
    assert member.offsets(20) == [(OTHER, offset) for offset in range(18)]
    below.said.clear()
    assert member.offsets(4)[:2] in ([(OTHER, 18), (OTHER, 19)], [(ZERO, 0), (ZERO, 1)])


def test_commits_pass_through_and_closing_gives_partitions_back() -> None:
    below = Below({ZERO: [1]})
    member = Member(below)
    member.poll()
    member.consumer.commit({ZERO: 1})
    member.consumer.close()
    assert below.committed == {ZERO: 1}
    assert member.lost == [ZERO]
