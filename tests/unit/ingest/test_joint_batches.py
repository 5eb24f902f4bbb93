"""Batches that are taken in as one: each sender has the answer to its own."""

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.acceptance import Acceptance, apart
from services.ingest.domain.errors import Overloaded
from services.ingest.domain.quarantine import Reason, Rejected
from services.ingest.entrypoints.joint_batches import JointBatches

BATCHES = st.lists(
    st.lists(st.sampled_from([b"good", b"bad", b"worse"]), min_size=1, max_size=5), min_size=1, max_size=8
)


def taken(originals: Sequence[bytes]) -> Acceptance:
    """Refuses what is not good; an entry is named after what it holds."""
    rejected = [
        Rejected(index, None, None, Reason.MALFORMED_JSON, "is not good", original)
        for index, original in enumerate(originals)
        if original != b"good"
    ]
    entry_ids = [one.original.decode() for one in rejected]
    return Acceptance(len(originals) - len(rejected), rejected, entry_ids)


@given(BATCHES)
def test_what_was_joined_comes_apart_as_if_each_had_come_alone(batches: list[list[bytes]]) -> None:
    joined = taken([original for batch in batches for original in batch])
    assert apart(joined, [len(batch) for batch in batches]) == [taken(batch) for batch in batches]


class Door:
    """Takes the first batch when it is told to, so that all others wait together behind it."""

    def __init__(self, *, full: bytes | None = None, breaks: bool = False) -> None:
        self.seen: list[list[bytes]] = []
        self.first_is_in = threading.Event()
        self.opens = threading.Event()
        self._full = full
        self._breaks = breaks

    def take(self, originals: Sequence[bytes]) -> Acceptance:
        self.seen.append(list(originals))
        if len(self.seen) == 1:
            self.first_is_in.set()
            assert self.opens.wait(10)
        elif self._breaks:
            raise OSError("disk full")
        if self._full in originals:
            raise Overloaded("the quota is used up")
        return taken(originals)


def answers(door: Door, batches: Sequence[list[bytes]]) -> list[Acceptance | Exception]:
    """What each of several threads is told; the first is inside alone, the others have all come before it is let go on."""
    joint = JointBatches(door.take)
    found: list[Acceptance | Exception] = [AssertionError("no answer")] * len(batches)

    def send(number: int) -> None:
        try:
            found[number] = joint.take(batches[number])
        except (Overloaded, OSError) as error:
            found[number] = error

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(batches))]
    threads[0].start()
    assert door.first_is_in.wait(10)
    for thread in threads[1:]:
        thread.start()
    while joint.waiting < len(batches) - 1:
        pass
    door.opens.set()
    for thread in threads:
        thread.join(10)
    return found


def test_what_waits_is_taken_in_together() -> None:
    door = Door()
    batches = [[b"good"], [b"bad", b"good"], [b"good", b"worse"]]
    assert answers(door, batches) == [taken(batch) for batch in batches]
    assert len(door.seen) == 2
    assert sorted(door.seen[1]) == [b"bad", b"good", b"good", b"worse"]


def test_together_they_are_not_too_many() -> None:
    door = Door()
    batches = [[b"good"], *[[b"good"] * 4_000] * 5]
    assert answers(door, batches) == [taken(batch) for batch in batches]
    assert [len(joined) for joined in door.seen] == [1, 8_000, 8_000, 4_000]


def test_a_source_above_its_quota_keeps_nobody_else_out() -> None:
    door = Door(full=b"bad")
    first, refused, other = answers(door, [[b"good"], [b"bad"], [b"good", b"worse"]])
    assert isinstance(refused, Overloaded)
    assert (first, other) == (taken([b"good"]), taken([b"good", b"worse"]))


def test_what_breaks_breaks_for_all_that_were_in_it() -> None:
    first, *others = answers(Door(breaks=True), [[b"good"], [b"good"], [b"good"]])
    assert first == taken([b"good"])
    assert [type(one) for one in others] == [OSError, OSError]


def test_the_error_is_raised_as_it_was() -> None:
    def refuse(originals: Sequence[bytes]) -> Acceptance:
        raise Overloaded(f"{len(originals)} are too many", facts={"retry_after_seconds": 7})

    with pytest.raises(Overloaded) as caught:
        JointBatches(refuse).take([b"good"])
    assert caught.value.facts["retry_after_seconds"] == 7
