"""Composes the picture: heading, phases, axes, limits, values, labels and legend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.analytics.domain.control_chart.chart import ChartPoint
from services.analytics.entrypoints.chart_picture import ink
from services.analytics.entrypoints.chart_picture.legend import legend
from services.analytics.entrypoints.chart_picture.naming import Naming
from services.analytics.entrypoints.chart_picture.phase_bands import phase_bands
from services.analytics.entrypoints.chart_picture.scales import (
    Frame,
    NumberForm,
    TimeScale,
    ValueScale,
    apart,
    fitting,
    text_width,
    value_scale,
)
from services.analytics.entrypoints.chart_picture.words import LANGUAGES, Words
from services.analytics.use_cases.query_chart import ShownChart

WIDTH, HEIGHT = 960, 500
_FRAME = Frame(left=72, top=126, right=822, bottom=412)
_LABEL_GAP = 15
_NAME_ROOM = 18
"""Pixels between two names of windows."""
_RULE_SIZE = 11


def picture(shown: ShownChart, places: Sequence[int], language: str) -> str:
    """The chart as SVG.

    Args:
        places: which points are shown, in order.
        language: en or zh.
    """
    words = LANGUAGES[language]
    naming = Naming(shown, words)
    elements = list(_heading(shown, naming, words))
    if places:
        sheet = _Sheet.of(shown, places)
        elements += [
            *phase_bands(shown, sheet.places, sheet.times, words=words, edge=WIDTH - 24),
            *_axes(sheet, naming),
            *_limit_steps(sheet),
            *_target(sheet),
            *_values(sheet, naming),
            *_rule_numbers(sheet, naming),
            *_labels(sheet, words),
        ]
        elements += legend(shown, places, words, y=HEIGHT - 22, width=WIDTH - 2 * 24)
    else:
        middle = ((_FRAME.left + _FRAME.right) / 2, (_FRAME.top + _FRAME.bottom) / 2)
        elements.append(ink.text(words.empty, middle, "note empty", anchor="middle", size=16))
    return ink.document(WIDTH, HEIGHT, elements, title=naming.title, language=words.language)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is drawn, and where."""

    shown: ShownChart
    places: Sequence[int]
    times: TimeScale
    heights: ValueScale
    numbers: NumberForm

    @classmethod
    def of(cls, shown: ShownChart, places: Sequence[int]) -> "_Sheet":
        points = [shown.chart.points[place] for place in places]
        times = TimeScale(_FRAME, points[0].value.window.start, points[-1].value.window.end)
        heights = value_scale(_FRAME, list(_drawn_values(shown, points)) or [0.0, 1.0])
        return cls(shown, places, times, heights, NumberForm(_is_share(shown, points), heights.step))

    @property
    def points(self) -> list[ChartPoint]:
        return [self.shown.chart.points[place] for place in self.places]

    def at(self, point: ChartPoint) -> ink.Place:
        """The middle of a window, at its value; of points that are no gap."""
        start, end = point.value.window
        return self.times.x(start + (end - start) / 2), self.heights.y(point.value.value or 0.0)


def _heading(shown: ShownChart, naming: Naming, words: Words) -> Iterator[ink.Element]:
    target = shown.target
    room = float(WIDTH - 2 * 24)
    if target is not None:
        percent = _is_share(shown, shown.chart.points)
        text = f"{words.target} {naming.target(percent=percent)}{words.separator}{words.verdicts[target.verdict]}"
        room -= text_width(text, ink.SIZE) + 24
        yield ink.text(text, (WIDTH - 24, 34), "assurance", anchor="end")
    yield ink.text(fitting(naming.title, width=room, size=19), (24, 36), "title", size=19)
    choice = shown.chart.newest.choice
    if choice is not None:
        kind = fitting(words.kind(choice), width=WIDTH - 48, size=ink.SIZE)
        yield ink.text(kind, (24, 58), "note kind")


def _axes(sheet: _Sheet, naming: Naming) -> Iterator[ink.Element]:
    for tick in sheet.heights.ticks:
        y = sheet.heights.y(tick)
        yield ink.line((_FRAME.left, y), (_FRAME.right, y), "grid")
        yield ink.text(sheet.numbers.tick(tick), (_FRAME.left - 8, y + 4), "note tick", anchor="end")
    unit = sheet.shown.indicator.unit
    if unit != "1":
        yield ink.text(fitting(unit, width=60, size=ink.SIZE), (_FRAME.left - 8, _FRAME.top - 10), "note", anchor="end")
    corner = (_FRAME.left, _FRAME.bottom)
    yield ink.lines([(_FRAME.left, _FRAME.top), corner, (_FRAME.right, _FRAME.bottom)], "axis")
    yield from _window_names(sheet, naming)


def _window_names(sheet: _Sheet, naming: Naming) -> Iterator[ink.Element]:
    """Names of windows from the newest backwards, as many as have room."""
    free = WIDTH - 24.0
    for point in reversed(sheet.points):
        name = naming.window(point.value.window)
        x = sheet.at(point)[0]
        half = text_width(name, ink.SIZE) / 2
        if x + half > free or x - half < 8:
            continue
        free = x - half - _NAME_ROOM
        yield ink.line((x, _FRAME.bottom), (x, _FRAME.bottom + 5), "axis")
        yield ink.text(name, (x, _FRAME.bottom + 21), "note window", anchor="middle")


def _limit_steps(sheet: _Sheet) -> Iterator[ink.Element]:
    """Each window has its own limits, from its beginning to its end; they break where windows do not follow one another."""
    for stretch in _stretches(sheet.points):
        limited = [point for point in stretch if point.upper is not None]
        for style in ("limit upper", "centre", "limit lower"):
            steps = [place for point in limited for place in _step(sheet, point, style)]
            if steps:
                yield ink.lines(steps, style)


def _step(sheet: _Sheet, point: ChartPoint, style: str) -> list[ink.Place]:
    value = {"limit upper": point.upper, "centre": point.centre, "limit lower": point.lower}[style]
    if value is None:
        return []
    y = sheet.heights.y(value)
    return [(sheet.times.x(point.value.window.start), y), (sheet.times.x(point.value.window.end), y)]


def _target(sheet: _Sheet) -> Iterator[ink.Element]:
    if sheet.shown.target is not None:
        y = sheet.heights.y(float(sheet.shown.target.condition.target))
        yield ink.line((_FRAME.left, y), (_FRAME.right, y), "target")


def _values(sheet: _Sheet, naming: Naming) -> Iterator[ink.Element]:
    for stretch in _stretches(sheet.points):
        if len(stretch) > 1:
            yield ink.lines([sheet.at(point) for point in stretch], "values")
    for place in sheet.places:
        point = sheet.shown.chart.points[place]
        if point.standing == "gap":
            continue
        mark = _mark(sheet.at(point), point, naming.effect(place))
        yield ink.told(mark, naming.point(place, sheet.numbers))


def _rule_numbers(sheet: _Sheet, naming: Naming) -> Iterator[ink.Element]:
    """Beside each signal, on the side away from the centre, the rules that fired; where windows are narrow only the first of them."""
    spacing = _FRAME.width / len(sheet.places)
    free = {True: 0.0, False: 0.0}
    for place in sheet.places:
        fired = naming.fired(place)
        if not fired:
            continue
        point = sheet.shown.chart.points[place]
        x, y = sheet.at(point)
        text = ",".join(fired) if text_width(",".join(fired), _RULE_SIZE) < spacing else fired[0]
        half = text_width(text, _RULE_SIZE) / 2
        above = point.centre is None or (point.value.value or 0.0) >= point.centre or y + 20 > _FRAME.bottom
        if x - half >= free[above]:
            free[above] = x + half + 2
            yield ink.text(text, (x, y + (-11 if above else 20)), "rule", anchor="middle", size=_RULE_SIZE)


def _mark(at: ink.Place, point: ChartPoint, effect: str | None) -> ink.Element:
    if effect is not None:
        return ink.signal(at, effect)
    return ink.dot(at, "open" if point.standing == "provisional" else "point")


def _labels(sheet: _Sheet, words: Words) -> Iterator[ink.Element]:
    """Names and numbers of the lines at the right edge, kept apart."""
    newest = next((point for point in reversed(sheet.points) if point.upper is not None), None)
    named: list[tuple[str, float]] = []
    if newest is not None and newest.centre is not None and newest.upper is not None and newest.lower is not None:
        named = [(words.upper, newest.upper), (words.centre, newest.centre), (words.lower, newest.lower)]
    if sheet.shown.target is not None:
        named.append((words.target, float(sheet.shown.target.condition.target)))
    heights = apart([sheet.heights.y(value) for _, value in named], _LABEL_GAP)
    for (name, value), y in zip(named, heights, strict=True):
        yield ink.text(f"{name} {sheet.numbers.exact(value)}", (_FRAME.right + 10, y + 4), "label")


def _stretches(points: Sequence[ChartPoint]) -> list[list[ChartPoint]]:
    """Points that are joined, without gaps."""
    stretches: list[list[ChartPoint]] = []
    for before, point in pairwise([None, *points]):
        if point is None or point.standing == "gap":
            continue
        if before is None or not point.joined or not stretches:
            stretches.append([])
        stretches[-1].append(point)
    return stretches


def _drawn_values(shown: ShownChart, points: Sequence[ChartPoint]) -> Iterator[float]:
    for point in points:
        if point.standing != "gap":
            yield from (v for v in (point.value.value, point.lower, point.upper) if v is not None)
    if shown.target is not None:
        yield float(shown.target.condition.target)


def _is_share(shown: ShownChart, points: Sequence[ChartPoint]) -> bool:
    """Whether per cent says it best: a ratio without a unit whose values are parts of a whole."""
    values = [point.value.value for point in points if point.standing != "gap" and point.value.value is not None]
    indicator = shown.indicator
    return indicator.is_a_share and all(0 <= value <= 1 for value in values)
