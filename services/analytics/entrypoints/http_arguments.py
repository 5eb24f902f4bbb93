"""Arguments that the routes of analytics have in common."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Query

from shared.runtime.actor import Actor
from shared.web.actor import current_actor
from shared.web.errors import InvalidCursor, InvalidQuery
from shared.web.pagination import PageRequest, page_request
from shared.web.subject_filter import subject_filter

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Caller = Annotated[Actor, Depends(current_actor)]
Subject = Annotated[dict[str, str], Depends(subject_filter)]
Paging = Annotated[PageRequest, Depends(page_request)]
Since = Annotated[
    datetime | None, Query(alias="from", description="windows that begin then or later; UTC without an offset")
]
Until = Annotated[datetime | None, Query(alias="to", description="windows that begin before it")]


def utc(moment: datetime | None, name: str) -> datetime | None:
    return None if moment is None else in_utc(moment, name)


def in_utc(moment: datetime, name: str) -> datetime:
    try:
        return aware(moment)
    except OverflowError as error:
        raise InvalidQuery(f"{name}: {moment} lies outside the years 1 to 9999 in UTC") from error


def aware(moment: datetime) -> datetime:
    """A time without an offset is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def after_name(page: PageRequest) -> str | None:
    if page.after is None:
        return None
    if len(page.after) != 1 or not isinstance(page.after[0], str):
        raise InvalidCursor("use the `next` of the page before, as it was given")
    return page.after[0]


def after_series(page: PageRequest) -> bytes | None:
    """The series after which a page begins, from the cursor `[series as hexadecimal digits]`. Raises InvalidCursor."""
    name = after_name(page)
    try:
        return None if name is None else bytes.fromhex(name)
    except ValueError as error:
        raise InvalidCursor("use the `next` of the page before, as it was given") from error
