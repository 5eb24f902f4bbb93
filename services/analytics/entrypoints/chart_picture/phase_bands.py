"""Phases behind the values: a band while limits are learned, a bar over the windows that set them, a line where one begins."""

from collections.abc import Iterator, Sequence

from services.analytics.domain.control_chart.chart import ChartPhase
from services.analytics.entrypoints.chart_picture import ink
from services.analytics.entrypoints.chart_picture.scales import TimeScale, fitting
from services.analytics.entrypoints.chart_picture.words import Words
from services.analytics.use_cases.query_chart import ShownChart


def phase_bands(
    shown: ShownChart, places: Sequence[int], times: TimeScale, *, words: Words, edge: float
) -> Iterator[ink.Element]:
    """Of the phases that have points among those shown. The names of the last one may go on to `edge`, beyond the frame."""
    for number, phase in enumerate(shown.chart.phases):
        own = [place for place in places if phase.first <= place < phase.stop]
        if own:
            begin = times.x(shown.chart.points[own[0]].value.window.start)
            end = times.x(shown.chart.points[own[-1]].value.window.end)
            yield ink.group(f"phase {phase.state}", list(_band(phase, (begin, end), times)))
            room = (begin, edge if own[-1] == places[-1] else end)
            yield from _names(phase, room, words, number=number + 1)


def _band(phase: ChartPhase, span: tuple[float, float], times: TimeScale) -> Iterator[ink.Element]:
    frame = times.frame
    if phase.state != "frozen":
        yield ink.box((span[0], frame.top), (span[1], frame.bottom), "learning")
    if phase.rebase is not None:
        yield ink.line((span[0], frame.top - 44), (span[0], frame.bottom), "change")
    if phase.baseline_span is not None:
        behind = [times.x(moment) for moment in phase.baseline_span]
        if behind[1] > behind[0]:
            yield ink.line((behind[0], frame.top), (behind[1], frame.top), "baseline")


def _names(phase: ChartPhase, span: tuple[float, float], words: Words, *, number: int) -> Iterator[ink.Element]:
    left, width = span[0] + 6, span[1] - span[0] - 8
    name = words.phase.format(number=number)
    if phase.rebase is not None:
        name = f"{name}{words.separator}{phase.rebase.reason}"
    for content, y, style in ((name, 94, "phase-name"), (words.state_of(phase), 111, "note phase-state")):
        fitted = fitting(content, width=width, size=ink.SIZE)
        if fitted:
            yield ink.text(fitted, (left, y), style)
