"""Arguments that the routes of analytics have in common."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Query

from shared.runtime.actor import Actor
from shared.web.actor import current_actor
from shared.web.errors import InvalidQuery
from shared.web.subject_filter import subject_filter

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Caller = Annotated[Actor, Depends(current_actor)]
Subject = Annotated[dict[str, str], Depends(subject_filter)]
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
