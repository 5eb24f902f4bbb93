"""Show the readings that made one KPI value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.analytics.domain.effective_dates import as_of
from services.analytics.domain.errors import InvalidQuery, UnknownIndicator, UnknownWindow
from services.analytics.domain.history import Span
from services.analytics.domain.window_readings import Reading, ReadingKey, WantedReadings, readings_behind
from services.analytics.ports.reading import Readers, ValueFilter
from services.analytics.use_cases.query_values import check_dimensions


@dataclass(frozen=True, slots=True)
class AskForReadings:
    """Which value is meant: of an indicator, of the window that begins at `window_start` (UTC), of these subjects."""

    indicator: str
    window_start: datetime
    subject: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueryReadings:
    """Corrected readings are shown as corrected, retracted ones not at all.

    Raises:
        UnknownIndicator; UnknownWindow where there is no value; InvalidQuery for a dimension that the indicator lacks,
            and for an indicator that is computed from others.
    """

    readers: Readers

    def __call__(self, question: AskForReadings, *, after: ReadingKey | None, limit: int) -> Sequence[Reading]:
        with self.readers() as reader:
            indicator = reader.indicator(question.indicator)
            if indicator is None:
                raise UnknownIndicator(f"there is no indicator {question.indicator!r}")
            check_dimensions(indicator, question.subject)
            if indicator.formula.parts:
                parts = ", ".join(indicator.formula.parts)
                raise InvalidQuery(
                    f"{indicator.name} is computed from other indicators; ask for the readings of {parts}"
                )
            start = question.window_start
            of_window = ValueFilter(
                indicator.name,
                indicator.version,
                question.subject,
                since=start,
                until=start + timedelta(microseconds=1),
            )
            values = reader.values(of_window, after=None, limit=1)
            if not values:
                raise UnknownWindow(f"{indicator.name} has no value of a window that begins at {start.isoformat()}")
            window = values[0].window
            blocks = reader.history(indicator.reading_type, Span(window.start, window.end))
            ruling = as_of(indicator, window.start)
            return readings_behind(blocks, ruling, WantedReadings(window, question.subject, after, limit))
