"""From moments and values to places in the picture, and numbers as people read them. Pixels; y grows downwards."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_STEPS = (1, 2, 2.5, 5, 10)
_MOST_TICKS = 6
_LATIN_WIDTH, _WIDE_WIDTH = 0.53, 1.0
"""Of the font size: near enough to keep texts apart, whatever font the reader has."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle that values are drawn in."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Moments from `start` to `end` across a frame."""

    frame: Frame
    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        """A moment outside lies on the edge."""
        share = (moment - self.start) / (self.end - self.start)
        return round(self.frame.left + min(max(share, 0.0), 1.0) * self.frame.width, 1)


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Values from `low` to `high` up a frame, with a tick at each multiple of `step`."""

    frame: Frame
    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.frame.bottom - share * (self.frame.bottom - self.frame.top), 1)

    @property
    def ticks(self) -> list[float]:
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [number * self.step for number in range(first, last + 1)]


def value_scale(frame: Frame, values: Sequence[float]) -> ValueScale:
    """A scale that holds all values with some room to spare, and steps of 1, 2, 2.5 or 5 times a power of ten."""
    low, high = min(values), max(values)
    spread = high - low
    room = 0.1 * spread if spread > 1e-12 * max(abs(low), abs(high)) else max(abs(high) * 0.1, 0.5)
    low, high = low - room, high + room
    rough = (high - low) / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in _STEPS if power * factor >= rough * (1 - 1e-9))
    return ValueScale(frame, low, high, step)


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How values are written: shares in per cent, with as many digits as the scale can show."""

    percent: bool
    step: float

    def tick(self, value: float) -> str:
        return self._text(value, more=0)

    def exact(self, value: float) -> str:
        """With one digit more than a tick has."""
        return self._text(value, more=1)

    def _text(self, value: float, *, more: int) -> str:
        scale = 100 if self.percent else 1
        digits = max(0, _digits(self.step * scale) + more)
        text = f"{value * scale:,.{digits}f}" if abs(value) < 1e15 else f"{value:.4g}"
        return f"{text} %" if self.percent else text


def _digits(step: float) -> int:
    """Decimals that a multiple of the step needs; a step of 2.5 × 10^k needs one more."""
    power = math.floor(math.log10(step) + 1e-9)
    return -power + (1 if abs(step / 10.0**power - 2.5) < 1e-6 else 0)


def apart(places: Sequence[float], least: float) -> list[float]:
    """The same places in the same order, moved down as little as keeps each `least` below the one above it."""
    moved = [0.0] * len(places)
    previous = -math.inf
    for index in sorted(range(len(places)), key=lambda one: places[one]):
        previous = max(places[index], previous + least)
        moved[index] = previous
    return moved


def text_width(text: str, size: float) -> float:
    """About how wide a text is."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * (wide * _WIDE_WIDTH + (len(text) - wide) * _LATIN_WIDTH)


def fitting(text: str, *, width: float, size: float) -> str:
    """The text, cut with an ellipsis to about this width; empty where not even a few letters have room."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…" if len(text) > 2 else ""
