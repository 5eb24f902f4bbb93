"""The values of rolling windows: gather their panes, merge them. Part of both commands of stage two."""

from collections.abc import Iterator
from datetime import datetime

from services.analytics.domain.definitions_frame import Definitions, closing_of
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.rolling import (
    Spans,
    TouchedPanes,
    both_spans,
    by_partition,
    changed_spans,
    merged_windows,
    newest_panes,
    of_indicators,
    overlaps,
    series_of_panes,
    starts_of,
    windows_of,
    with_newest,
)
from services.analytics.domain.value_frame import Computed, Touched, Values, values_of_panes
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.judging import Turn


class RollingValues:
    """The panes of a batch, before and after they are saved."""

    def __init__(self, turn: Turn, panes: Touched) -> None:
        """Before they are saved: remembers where the data of their series begin and end so far."""
        self._turn = turn
        rolling = {name for name, one in turn.catalogue.indicators.items() if isinstance(one.window, RollingWindow)}
        self._panes = of_indicators(panes, rolling)
        self.tumbling = panes if not rolling else of_indicators(panes, set(turn.catalogue.indicators) - rolling)
        self._before = turn.uow.values.spans(series_of_panes(self._panes))

    def computed(self, definitions: Definitions) -> Iterator[Computed]:
        """After they were saved: the windows that hold any of them, or that have come to lie inside the data by them."""
        series = series_of_panes(self._panes)
        if not series:
            return
        after = self._turn.uow.values.spans(series)
        touched = changed_spans(self._before, after, self._panes)
        for indicator in self._turn.catalogue.indicators.values():
            if isinstance(indicator.window, RollingWindow):
                part = of_indicators(touched, {indicator.name})
                spans = (self._before, after)
                for number, on_partition in by_partition(part).items():
                    closes = closing_of(definitions, number, indicator.name)
                    begun = with_newest(on_partition, after, closes)
                    made = _windows(self._turn, indicator, begun, closes=closes, spans=spans)
                    yield values_of_panes(made, definitions)


def next_windows(turn: Turn, scope: Scope, due: Values, *, definitions: Definitions) -> Computed:
    """What comes after the windows that have just been closed, of series whose newest readings lie in windows to come."""
    spans = turn.uow.values.spans(series_of_panes(due))
    closes = closing_of(definitions, scope.partition, scope.indicator.name)
    newest = newest_panes(due, spans)
    return values_of_panes(_windows(turn, scope.indicator, newest, closes=closes, spans=(spans, spans)), definitions)


def _windows(
    turn: Turn, indicator: Indicator, touched: TouchedPanes, *, closes: datetime | None, spans: tuple[Spans, Spans]
) -> Touched:
    """The windows that hold touched panes, in the shape of panes."""
    if not isinstance(indicator.window, RollingWindow):
        raise TypeError(f"{indicator.name} has no rolling windows")
    overlap = overlaps(turn.catalogue.calendar_of(indicator), indicator.window, starts_of(touched))
    windows = windows_of(touched, overlap, spans=both_spans(*spans), closes=closes)
    panes = turn.uow.values.panes_between(windows)
    return merged_windows(windows, overlap, panes=panes, spans=spans[1])
