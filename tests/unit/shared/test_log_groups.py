"""In-process consumer groups: who reads what, and when it may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.eventlog.groups import Group, Lost, Member, Won, round_robin
from shared.eventlog.port import Partition


def partitions(topic: str, count: int) -> list[Partition]:
    return [Partition(topic, number) for number in range(count)]


@given(
    st.lists(st.sets(st.sampled_from(["a", "b", "c"]), min_size=1), min_size=1, max_size=5),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.integers(1, 7)),
)
def test_each_partition_goes_to_exactly_one_member_that_wants_it(
    topics: list[set[str]], counts: dict[str, int]
) -> None:
    everything = [partition for topic, count in counts.items() for partition in partitions(topic, count)]
    members = [Member(sorted(wanted)) for wanted in topics]
    hands = round_robin(members, everything)
    dealt = [partition for hand in hands for partition in hand]
    wanted = {topic for names in topics for topic in names}
    assert sorted(dealt) == sorted(partition for partition in everything if partition.topic in wanted)
    for member, hand in zip(members, hands, strict=True):
        assert {partition.topic for partition in hand} <= set(member.topics)


@given(st.integers(1, 6), st.integers(1, 30))
def test_members_that_want_the_same_get_the_same_number(members: int, count: int) -> None:
    sizes = [len(hand) for hand in round_robin([Member(["a"])] * members, partitions("a", count))]
    assert max(sizes) - min(sizes) <= 1


def test_nothing_is_won_before_everybody_has_let_go() -> None:
    group = Group(partitions("a", 4))
    first = group.join(["a"])
    assert group.next_change(first) == Won(partitions("a", 4))
    second = group.join(["a"])
    assert group.next_change(second) is None
    assert group.next_change(first) == Lost(partitions("a", 4))
    assert group.next_change(second) is None
    group.release(first)
    assert group.next_change(second) == Won([Partition("a", 1), Partition("a", 3)])
    assert group.next_change(first) == Won([Partition("a", 0), Partition("a", 2)])
    assert group.next_change(first) is None


def test_a_leaver_holds_nobody_up() -> None:
    group = Group(partitions("a", 2))
    first, second = group.join(["a"]), group.join(["a"])
    assert isinstance(group.next_change(first), Won)
    group.leave(first)
    group.leave(first)
    assert group.next_change(second) == Won(partitions("a", 2))
    assert group.next_change(first) is None


@pytest.mark.parametrize(("topic", "rebalances"), [("raw.erp", True), ("other", False)])
def test_only_a_new_topic_that_is_wanted_moves_the_group(topic: str, rebalances: bool) -> None:
    group = Group(partitions("raw.mes", 1))
    member = group.join(["raw.*"])
    assert isinstance(group.next_change(member), Won)
    group.extend([*group.partitions, Partition(topic, 0)])
    assert isinstance(group.next_change(member), Lost) == rebalances
