"""Group commit: few commits for many callers, and each learns of its own outcome."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from shared.runtime.group_commit import GroupCommit


class Ledger:
    """Remembers each batch; the first commit waits until it is let go, so that others queue up behind it."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.committing = threading.Event()
        self.go_on = threading.Event()
        self.fails = False

    def commit(self, batch: Sequence[int]) -> Sequence[int]:
        self.committing.set()
        assert self.go_on.wait(10)
        self.batches.append(list(batch))
        if self.fails:
            raise OSError("disk full")
        return [work * 10 for work in batch]


def submit_together(
    commits: GroupCommit[int, int], ledger: Ledger, count: int, then: Callable[[int], None] = lambda _: None
) -> list[int | Exception]:
    """One caller commits and waits; the others are all there before it goes on. Each does `then` when it has its answer."""
    outcomes: list[int | Exception] = [-1] * count

    def work(number: int) -> None:
        with suppress(SystemExit):
            try:
                outcomes[number] = commits.submit(number)
            except ValueError as error:
                outcomes[number] = error
            then(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    threads[0].start()
    assert ledger.committing.wait(10)
    for thread in threads[1:]:
        thread.start()
    while commits.waiting < count - 1:
        threading.Event().wait(0.001)
    ledger.go_on.set()
    for thread in threads:
        thread.join(10)
    return outcomes


def test_who_waits_is_committed_together_and_gets_its_own_result() -> None:
    ledger = Ledger()
    outcomes = submit_together(GroupCommit(ledger.commit, ValueError), ledger, 8)
    assert outcomes == [number * 10 for number in range(8)]
    assert ledger.batches[0] == [0]
    assert sorted(ledger.batches[1]) == [1, 2, 3, 4, 5, 6, 7]
    assert len(ledger.batches) == 2


def test_no_more_are_committed_together_than_may_be() -> None:
    ledger = Ledger()
    outcomes = submit_together(GroupCommit(ledger.commit, ValueError, most=lambda works: min(3, len(works))), ledger, 8)
    assert outcomes == [number * 10 for number in range(8)]
    assert [len(batch) for batch in ledger.batches] == [1, 3, 3, 1]


def test_a_failed_commit_fails_all_of_its_callers_and_no_later_one() -> None:
    ledger = Ledger()
    ledger.fails = True
    commits: GroupCommit[int, int] = GroupCommit(ledger.commit, ValueError)
    outcomes = submit_together(commits, ledger, 4)
    assert [str(outcome) for outcome in outcomes] == ["disk full"] * 4
    assert len({id(outcome) for outcome in outcomes}) == 4
    ledger.fails = False
    assert commits.submit(7) == 70


def test_an_interrupt_reaches_the_committing_thread_and_the_next_caller_goes_on() -> None:
    def commit(batch: Sequence[int]) -> Sequence[int]:
        if batch == [0]:
            raise KeyboardInterrupt
        return batch

    commits: GroupCommit[int, int] = GroupCommit(commit, ValueError)
    with pytest.raises(KeyboardInterrupt):
        commits.submit(0)
    assert commits.submit(1) == 1


def test_who_waits_behind_an_interrupt_commits_next() -> None:
    ledger = Ledger()

    def commit(batch: Sequence[int]) -> Sequence[int]:
        done = ledger.commit(batch)
        if batch == [0]:
            raise SystemExit
        return done

    commits: GroupCommit[int, int] = GroupCommit(commit, ValueError)
    outcomes = submit_together(commits, ledger, 3)
    assert outcomes == [-1, 10, 20]


def test_who_has_an_answer_goes_on_while_the_next_are_committed() -> None:
    ledger = Ledger()
    answered: list[int] = []

    def commit(batch: Sequence[int]) -> Sequence[int]:
        done = ledger.commit(batch)
        while len(answered) < sum(map(len, ledger.batches[:-1])):
            threading.Event().wait(0.001)
        return done

    commits: GroupCommit[int, int] = GroupCommit(commit, ValueError, most=lambda works: min(2, len(works)))
    outcomes = submit_together(commits, ledger, 9, then=answered.append)
    assert outcomes == [number * 10 for number in range(9)]
