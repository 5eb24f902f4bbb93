"""Shifts: named spans of the local day, the same on every day; one may pass midnight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

_ANY_DAY = date(2000, 1, 1)
_DAY = timedelta(days=1)
_MOST_SHIFTS = 24
_LONGEST_NAME = 100
_FORM = 'write {name: early, starts: "06:00", ends: "14:00"}'


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift, in local time. It ends on the next day where `ends` is not after `starts`; equal times are a whole day."""

    name: str
    starts: time
    ends: time

    @property
    def passes_midnight(self) -> bool:
        return self.ends <= self.starts


def read_shifts(value: Any) -> tuple[Shift, ...]:
    """Shifts as they are written, in order of their starts.

    Raises:
        ValueError, TypeError: with the remedy; also for shifts that overlap, or a name that stands twice.
    """
    if not isinstance(value, list | tuple):
        raise TypeError(f"shifts are a list; {_FORM}")
    if len(value) > _MOST_SHIFTS:
        raise ValueError(f"there are {len(value)} shifts, and may be {_MOST_SHIFTS}")
    shifts = tuple(sorted((_read_shift(one) for one in value), key=lambda shift: shift.starts))
    if len({shift.name for shift in shifts}) < len(shifts):
        raise ValueError("two shifts have the same name; give each its own")
    _refuse_overlap(shifts)
    return shifts


def shifts_body(shifts: Sequence[Shift]) -> list[dict[str, str]]:
    """As they are written."""
    return [{"name": one.name, "starts": _clock(one.starts), "ends": _clock(one.ends)} for one in shifts]


def _read_shift(value: Any) -> Shift:
    if isinstance(value, Shift):
        return value
    if not isinstance(value, Mapping) or set(value) != {"name", "starts", "ends"}:
        raise ValueError(f"{value!r} is not a shift; {_FORM}")
    name = value["name"]
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise ValueError(f"{name!r} is not the name of a shift; write 1 to {_LONGEST_NAME} printable characters")
    return Shift(name, _read_time(value["starts"]), _read_time(value["ends"]))


def _read_time(value: Any) -> time:
    try:
        moment = time.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f'{value!r} is not a time of day; write for example "06:00"') from error
    if moment.tzinfo is not None:
        raise ValueError(f"{value!r} has an offset; shifts are in the calendar's local time")
    return moment


def _refuse_overlap(shifts: Sequence[Shift]) -> None:
    """Around the clock: the last shift of the day may not run into the first of the next."""
    if not shifts:
        return
    spans = [(_on_any_day(shift.starts), _end_on_any_day(shift), shift.name) for shift in shifts]
    first = spans[0]
    for earlier, later in pairwise([*spans, (first[0] + _DAY, first[1] + _DAY, first[2])]):
        if later[0] < earlier[1]:
            raise ValueError(f"the shifts {earlier[2]} and {later[2]} overlap; let one end when the other starts")


def _on_any_day(at: time) -> datetime:
    return datetime.combine(_ANY_DAY, at)


def _end_on_any_day(shift: Shift) -> datetime:
    return _on_any_day(shift.ends) + (_DAY if shift.passes_midnight else timedelta(0))


def _clock(moment: time) -> str:
    return moment.isoformat("minutes" if moment == moment.replace(second=0, microsecond=0) else "auto")
