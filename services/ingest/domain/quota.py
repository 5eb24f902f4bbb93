"""How many events a source may send: so many in a time, with the right to send what it has saved up at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `events` in any `per`, on the average."""

    events: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a quota was used up at a moment (UTC): it runs off evenly, all of it within `Quota.per`."""

    events: float
    at: datetime


def left_over(quota: Quota, used: Used | None, now: datetime) -> float:
    """What is still used up at `now`."""
    if used is None:
        return 0.0
    return max(0.0, used.events - quota.events * ((now - used.at) / quota.per))


def wait_for(quota: Quota, used: Used | None, now: datetime) -> timedelta | None:
    """How long the source has to wait until some of its quota is free; None when it may send now.

    Whoever may send may send any number, so that a batch larger than the quota comes through; it is waited for afterwards.
    """
    too_much = left_over(quota, used, now) - quota.events
    return quota.per * (too_much / quota.events) if too_much > 0 else None


def after(quota: Quota, used: Used | None, events: int, *, now: datetime) -> Used:
    """What is used up after these events."""
    return Used(left_over(quota, used, now) + events, now)
