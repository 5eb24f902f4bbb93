"""ISO 8601 durations of exact length: weeks, days, hours, minutes, seconds."""

import re
from datetime import timedelta

_TEXT = re.compile(
    r"^P(?!$)(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?$"
)


def parse_duration(text: str, *, at_most: timedelta) -> timedelta:
    """`PT2H`, `P2D`, `P1DT12H`. Months and years have no exact length and are refused.

    Raises:
        ValueError: with the remedy.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration of exact length; write for example PT2H, P2D or P1DT12H")
    length = timedelta(**{unit: int(amount) for unit, amount in match.groupdict(default="0").items()})
    if length > at_most:
        raise ValueError(f"{text} is longer than {format_duration(at_most)}, the longest there may be here")
    return length


def format_duration(length: timedelta) -> str:
    """The shortest way to write it; whole seconds only."""
    days, rest = length.days, length.seconds
    hours, minutes, seconds = rest // 3600, rest // 60 % 60, rest % 60
    time = "".join(f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if amount)
    if not time:
        return f"P{days}D" if days else "PT0S"
    return f"P{days}DT{time}" if days else f"PT{time}"
