"""Why an anomaly was raised, as a sentence with the numbers."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from services.analytics.domain.episode import Episode, Evidence
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.rule import Comparator, TargetRule
from services.analytics.domain.succession import succession
from services.analytics.domain.window_form import in_words
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window, shift_name

_SHOWN = 4
_MOST_DIGITS = 8

_MISSES: Mapping[Comparator, str] = {">=": "below", ">": "not above", "<=": "above", "<": "not below"}
_SIGN: Mapping[Comparator, str] = {">=": "≥", ">": ">", "<=": "≤", "<": "<"}


def reason(
    episode: Episode, *, rule: TargetRule, indicator: Indicator, calendar: Calendar, subject: Mapping[str, str]
) -> str:
    """`First-pass yield of line=A was below 95 % in 2 weeks running: 94.3 % (943 of 1000) in the week of 2024-01-01, …`"""
    show = _Numbers(indicator, rule.target)
    shown = [f"{show.value(seen)} in {_window(seen, indicator, calendar)}" for seen in episode.evidence[-_SHOWN:]]
    more = episode.misses - len(shown)
    values = f"{more} earlier, then {', '.join(shown)}" if more else ", ".join(shown)
    target = show.number(Fraction(rule.target))
    sentence = (
        f"{_name(indicator)}{_of(subject)} was {_MISSES[rule.comparator]} {target} "
        f"in {_how_often(episode, indicator, calendar)}: {values}; target {_SIGN[rule.comparator]} {target}"
    )
    if episode.clearing is None:
        return sentence
    return f"{sentence}; cleared by {show.value(episode.clearing)} in {_window(episode.clearing, indicator, calendar)}"


def _name(indicator: Indicator) -> str:
    return indicator.title.get("en") or next(iter(indicator.title.values()), indicator.name)


def _of(subject: Mapping[str, str]) -> str:
    return f" of {', '.join(f'{name}={value}' for name, value in subject.items())}" if subject else ""


def _how_often(episode: Episode, indicator: Indicator, calendar: Calendar) -> str:
    window = indicator.window
    one, many = ("window", "windows") if isinstance(window, RollingWindow) else (window.every, f"{window.every}s")
    of = f" of {in_words(window)}" if isinstance(window, RollingWindow) else ""
    if episode.misses == 1:
        return f"one {one}{of}"
    next_to = succession(indicator, calendar)
    unbroken = all(next_to(one.window, later.window) for one, later in pairwise(episode.evidence))
    running = " running" if unbroken and len(episode.evidence) == episode.misses else ""
    return f"{episode.misses} {many}{of}{running}"


def _window(seen: Evidence, indicator: Indicator, calendar: Calendar) -> str:
    local = seen.window.start.astimezone(calendar.zone)
    window = indicator.window
    if isinstance(window, RollingWindow):
        return f"the {in_words(window)} to {_last_moment(seen.window, window, calendar)}"
    if window.every == "hour":
        return f"the hour of {local:%Y-%m-%d %H:%M}"
    if window.every == "shift":
        name = shift_name(calendar, seen.window.start)
        return (
            f"the {name} shift of {local:%Y-%m-%d}" if name else f"the time from {local:%Y-%m-%d %H:%M} between shifts"
        )
    return {
        "day": f"the day {local:%Y-%m-%d}",
        "month": f"the month {local:%Y-%m}",
        "year": f"the year of {local:%Y-%m-%d}",
    }.get(window.every, f"the {window.every} of {local:%Y-%m-%d}")


def _last_moment(span: Window, window: RollingWindow, calendar: Calendar) -> str:
    """The last day, or where steps are shorter the end."""
    end = span.end.astimezone(calendar.zone)
    if window.cut == "hour" or isinstance(window.cut, timedelta):
        return f"{end:%Y-%m-%d %H:%M}"
    return f"{end.date() - timedelta(days=1)}"


class _Numbers:
    """Writes values of one indicator; a ratio without unit as per cent."""

    def __init__(self, indicator: Indicator, target: Decimal) -> None:
        self._kind = indicator.formula.kind
        self._percent = indicator.formula.kind == "ratio" and indicator.unit == "1"
        self._unit = " %" if self._percent else "" if indicator.unit == "1" else f" {indicator.unit}"
        self._target = Fraction(target)

    def value(self, seen: Evidence) -> str:
        text = self.number(Fraction(f"{seen.value:.12g}"))
        if self._kind == "mean":
            return f"{text} ({seen.sample_size} readings)"
        if seen.numerator is None or seen.denominator is None:
            return text
        return f"{text} ({seen.numerator:.12g} of {seen.denominator:.12g})"

    def number(self, value: Fraction) -> str:
        """At least one decimal, and as many as it takes for the rounded number to lie on the exact one's side of the target."""
        scale = 100 if self._percent else 1
        exact, target = value * scale, self._target * scale
        for digits in range(_MOST_DIGITS):
            rounded = round(exact, digits)
            near = digits > 0 and abs(rounded - exact) * 100 <= abs(exact)
            if rounded == exact or (near and (rounded < target) == (exact < target) and rounded != target):
                break
        return f"{float(rounded):.{digits}f}{self._unit}"
