"""Batches that come at the same time are taken in as one: what a batch costs whatever its size is paid once.

While one is decoded and made durable, those that arrive wait and become the next; a sender that is alone waits for nobody.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from services.ingest.domain.acceptance import Acceptance, apart
from services.ingest.domain.errors import Overloaded
from shared.runtime.group_commit import GroupCommit
from shared.runtime.joined_texts import in_one

Originals = Sequence[bytes]

_MOST_EVENTS = 10_000
"""Taken in as one, so that nobody waits long and memory is bounded; more would save little, as so many cost by the event already."""


class JointBatches:
    """Takes in the batches of many threads.

    Args:
        take: makes one batch durable, or raises; called by one thread at a time.
    """

    def __init__(self, take: Callable[[Originals], Acceptance]) -> None:
        self._take = take
        self._commits: GroupCommit[Originals, Acceptance | Exception] = GroupCommit(
            self._take_joined, RuntimeError, most=_not_too_many
        )

    @property
    def waiting(self) -> int:
        """How many batches wait for the one that is being taken in."""
        return self._commits.waiting

    def take(self, originals: Originals) -> Acceptance:
        """Blocks until the batch is durable. Raises what `take` raised for it, or for all that it was taken in with."""
        outcome = self._commits.submit(originals)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _take_joined(self, batches: Sequence[Originals]) -> Sequence[Acceptance | Exception]:
        try:
            return apart(self._take(in_one(batches)), [len(originals) for originals in batches])
        except Overloaded:
            # One source has used up its quota, and nothing was taken in: the others are not to wait for it.
            return [self._outcome(originals) for originals in batches]
        except Exception as error:  # noqa: BLE001 - each caller raises it
            return [error] * len(batches)

    def _outcome(self, originals: Originals) -> Acceptance | Exception:
        try:
            return self._take(originals)
        except Exception as error:  # noqa: BLE001 - its caller raises it
            return error


def _not_too_many(batches: Sequence[Originals]) -> int:
    """How many of these batches, from the first on, have no more than `_MOST_EVENTS` together; one at least."""
    return max(1, bisect_right(list(accumulate(map(len, batches))), _MOST_EVENTS))
