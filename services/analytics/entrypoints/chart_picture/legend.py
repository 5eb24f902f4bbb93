"""The legend: only what the picture shows."""

from collections.abc import Iterator, Sequence

from services.analytics.entrypoints.chart_picture import ink
from services.analytics.entrypoints.chart_picture.scales import text_width
from services.analytics.entrypoints.chart_picture.words import Words
from services.analytics.use_cases.query_chart import ShownChart

_SAMPLE, _GAP = 26, 20
"""Pixels that a sample takes, and between two entries."""
_LEFT = 24.0
_LINE = 18


def legend(shown: ShownChart, places: Sequence[int], words: Words, *, y: float, width: float) -> list[ink.Element]:
    """Entries from left to right; those that have no room go to a line above."""
    entries = list(_entries(shown, places, words))
    rows: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for entry in entries:
        wide = _SAMPLE + text_width(entry[1], ink.SIZE) + _GAP
        if used + wide > width and rows[-1]:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += wide
    first = y - _LINE * (len(rows) - 1)
    return [ink.group("legend", [mark for line, row in enumerate(rows) for mark in _row(row, first + _LINE * line)])]


def _row(entries: Sequence[tuple[str, str]], y: float) -> Iterator[ink.Element]:
    x = _LEFT
    for style, name in entries:
        yield _sample(style, x, y - 4)
        yield ink.text(name, (x + _SAMPLE, y), "note")
        x += _SAMPLE + text_width(name, ink.SIZE) + _GAP


def _sample(style: str, x: float, y: float) -> ink.Element:
    middle = (x + 10, y)
    if style in ("worse", "better", "unclear"):
        return ink.signal(middle, style)
    if style == "rule":
        return ink.text("1", (x + 10, y + 4), style, anchor="middle", size=11)
    if style in ("point", "open"):
        return ink.dot(middle, style)
    return ink.line((x, y), (x + 20, y), style)


def _entries(shown: ShownChart, places: Sequence[int], words: Words) -> Iterator[tuple[str, str]]:
    """(style, text)."""
    shown_places = set(places)
    points = [shown.chart.points[place] for place in places]
    yield "point", words.value
    if any(point.standing == "provisional" for point in points):
        yield "open", words.open_window
    if any(point.upper is not None for point in points):
        yield "limit", words.limits
    phases = {point.phase for point in points}
    if any(shown.chart.phases[phase].baseline_span is not None for phase in phases):
        yield "baseline", words.baseline
    effects = {signal.effect for signal in shown.chart.signals if signal.at in shown_places}
    for effect in ("worse", "better", "unclear"):
        if effect in effects:
            yield effect, words.effects[effect]
    if effects:
        yield "rule", words.rule
