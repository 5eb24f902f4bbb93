"""How many readings there are, for rules about missing data on rolling and derived indicators. Part of both commands of stage two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.counted_windows import (
    ALWAYS,
    as_held,
    as_values,
    counted_in,
    eras_of,
    held_steps,
    sources_of,
    steps_wanted,
    subjects_of,
)
from services.analytics.domain.expected_windows import Held
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.rolling import start_ending_with
from services.analytics.domain.value_frame import series_of
from services.analytics.ports.evaluating import Scope, ValueStore
from services.analytics.ports.reading import AnalyticsReader
from shared.calendars.windows import Window, window_at

_LEAST = timedelta(microseconds=1)
_NO_PARTITION = -1
"""Nobody's: of readings that open windows hold nothing is asked."""


def counted_by_reader(
    reader: AnalyticsReader, catalogue: Catalogue, key: SeriesKey, *, span: Window = ALWAYS
) -> list[KpiValue]:
    """The steps with readings of one series, for the screens; without what is held of windows that are open."""
    leaves = catalogue.leaves_of(catalogue.indicators[key.indicator])
    keys = [
        SeriesKey(series_of(one.name, one.version, key.subject), one.name, one.version, key.subject, _NO_PARTITION)
        for one in leaves
    ]
    eras = eras_of(catalogue, catalogue.indicators[key.indicator])
    return counted_in([reader.panes(one, span) for one in keys], key, leaves, eras=eras)


@dataclass(frozen=True, slots=True)
class Counting:
    """Reads the panes of what an indicator is computed from, on whichever partition they lie, as they are committed."""

    values: ValueStore
    catalogue: Catalogue

    def history(
        self, indicator: Indicator, wanted: Mapping[SeriesKey, datetime | None]
    ) -> Mapping[bytes, Sequence[KpiValue]]:
        """The steps with readings, in order.

        Args:
            wanted: series → start of the first step that is asked for; None for all.
        """
        leaves = self.catalogue.leaves_of(indicator)
        keys = {key.series: key for key in wanted}
        sources = sources_of({series: key.subject for series, key in keys.items()}, leaves)
        since = {key.series: start for key, start in wanted.items()}
        panes = self.values.panes_between(steps_wanted(sources, since))
        return as_values(held_steps(panes, sources, eras_of(self.catalogue, indicator)), keys)

    def held(self, scope: Scope, span: Window) -> Held:
        """Which steps in a span have readings."""
        indicator, leaves = scope.indicator, self.catalogue.leaves_of(scope.indicator)
        subjects = subjects_of(self.values.held(scope, self._ending_within(indicator, span)))
        sources = sources_of(subjects, leaves)
        panes = self.values.panes_between(steps_wanted(sources, dict.fromkeys(subjects, span.start), until=span.end))
        return as_held(held_steps(panes, sources, eras_of(self.catalogue, indicator)))

    def _ending_within(self, indicator: Indicator, span: Window) -> Window:
        """In which span the windows begin that end with a step in this one: each step with readings has such a window."""
        window, calendar = indicator.window, self.catalogue.calendar_of(indicator)
        if not isinstance(window, RollingWindow):
            return span
        first, last = window_at(calendar, window.cut, span.start), window_at(calendar, window.cut, span.end - _LEAST)
        ends = start_ending_with(calendar, window, last) + _LEAST
        return Window(start_ending_with(calendar, window, first), ends)
