"""Calls to an installation that is being struck: asked again until there is an answer that means something."""

import time
from collections.abc import Callable, Collection

import httpx

_PATIENCE_SECONDS = 240
_ASK_AGAIN_AFTER_SECONDS = 0.2


class NoAnswer(Exception):
    """Nothing of what was hoped for came within the patience; the message holds the last answer."""


def persist(
    call: Callable[[], httpx.Response], *, wanted: Collection[int], again: Collection[int] = (503,)
) -> httpx.Response:
    """Repeat a call until its answer has one of the wanted statuses.

    Args:
        again: statuses after which asking again makes sense, as it does after a connection that broke.

    Raises:
        NoAnswer: another status, or the patience has ended.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    last = "no answer"
    while time.monotonic() < deadline:
        try:
            answer = call()
        except httpx.TransportError as error:
            last = f"{type(error).__name__}: {error}"
        else:
            if answer.status_code in wanted:
                return answer
            last = f"{answer.status_code} {answer.text[:500]}"
            if answer.status_code not in again:
                break
        time.sleep(_ASK_AGAIN_AFTER_SECONDS)
    raise NoAnswer(last)


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask again and again until it holds. Raises NoAnswer when the patience has ended."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise NoAnswer("what was waited for did not come about")
        time.sleep(_ASK_AGAIN_AFTER_SECONDS)
