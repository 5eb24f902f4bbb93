"""Lists in pages: `{items, next}`, and the next page is the same call with `cursor=<next>`."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from shared.web.errors import InvalidCursor

Item = TypeVar("Item")

MOST_ITEMS = 1000


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="cursor of the next page; null on the last")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for. `after` is the sort key of the last item of the page before, None for the first page."""

    after: tuple[Any, ...] | None
    limit: int


def page_request(
    cursor: Annotated[str | None, Query(max_length=2000, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS, description="most items on a page")] = 100,
) -> PageRequest:
    """Dependency: the page that a request asks for. Raises InvalidCursor."""
    return PageRequest(None if cursor is None else decode_cursor(cursor), limit)


def page_of(found: Sequence[Item], request: PageRequest, *, key: Callable[[Item], Sequence[Any]]) -> Page[Item]:
    """Make a page of what a query found when it was asked for `limit + 1` items; `key` is an item's sort key."""
    shown = list(found[: request.limit])
    more = len(found) > request.limit
    return Page(items=shown, next=encode_cursor(key(shown[-1])) if more else None)


def encode_cursor(key: Sequence[Any]) -> str:
    """An opaque text for a sort key of texts, numbers and nulls."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[Any, ...]:
    """Raises InvalidCursor."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidCursor("use the `next` of the page before, as it was given") from error
    if not isinstance(key, list) or not key or not all(isinstance(part, str | int | float | None) for part in key):
        raise InvalidCursor("use the `next` of the page before, as it was given")
    if any(isinstance(part, str) and "\x00" in part for part in key):
        raise InvalidCursor("use the `next` of the page before, as it was given")
    return tuple(key)
