"""Show the KPI values of one indicator, the newest there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.analytics.domain.effective_dates import as_of
from services.analytics.domain.errors import InvalidQuery, UnknownIndicator
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue, Status
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.subject import subject_text
from services.analytics.domain.value_frame import series_of
from services.analytics.ports.reading import AnalyticsReader, Readers, ValueFilter
from shared.calendars.calendar import Calendar
from shared.calendars.windows import shift_name


@dataclass(frozen=True, slots=True)
class AskForValues:
    """What was asked. `indicator_version` None means the version in force; `since` and `until` are UTC."""

    indicator: str
    subject: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    status: Status | None = None
    indicator_version: int | None = None


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A value, and what is shown beside it.

    Attributes:
        formula_version: the version whose formula it is computed by; None while that changes.
        shift: the name of the shift that its window is, if it is one.
    """

    value: KpiValue
    formula_version: int | None
    shift: str | None = None


@dataclass(frozen=True, slots=True)
class QueryValues:
    """Raises UnknownIndicator; InvalidQuery for a dimension that the indicator is not computed by."""

    readers: Readers

    def __call__(
        self, question: AskForValues, *, after: tuple[datetime, bytes] | None, limit: int
    ) -> Sequence[ShownValue]:
        with self.readers() as reader:
            indicator = reader.indicator(question.indicator)
            if indicator is None:
                raise UnknownIndicator(f"there is no indicator {question.indicator!r}")
            if question.indicator_version is None:
                check_dimensions(indicator, question.subject)
            version = question.indicator_version or indicator.version
            names_one_series = version == indicator.version and set(question.subject) == set(indicator.by)
            wanted = ValueFilter(
                indicator=indicator.name,
                indicator_version=version,
                subject=question.subject,
                series=series_of(indicator.name, version, subject_text(question.subject)) if names_one_series else None,
                since=question.since,
                until=question.until,
                status=question.status,
            )
            values = reader.values(wanted, after=after, limit=limit)
            computed = reader.indicator(indicator.name, version) or indicator
            calendar = reader.catalogue().calendar_of(indicator) if indicator.window.cut == "shift" else None
            states = _states(reader, computed, values)
            return [_shown(value, computed, calendar, state=states.get(value.key.partition)) for value in values]


def _states(reader: AnalyticsReader, indicator: Indicator, values: Sequence[KpiValue]) -> Mapping[int, PartitionState]:
    """The state of each partition that a value is on, where it matters."""
    partitions = {value.key.partition for value in values} if indicator.effective_from is not None else set()
    return {number: state for number in partitions if (state := reader.partition_state(number)) is not None}


def _shown(
    value: KpiValue, indicator: Indicator, calendar: Calendar | None, *, state: PartitionState | None
) -> ShownValue:
    """With `calendar` where the windows are shifts, else None."""
    start = value.window.start
    is_changing = state is not None and state.is_behind(indicator, start)
    shift = None if calendar is None else shift_name(calendar, start)
    return ShownValue(value, None if is_changing else as_of(indicator, start).formula_version, shift)


def check_dimensions(indicator: Indicator, subject: Mapping[str, str]) -> None:
    """Raises InvalidQuery for a subject that the indicator cannot have."""
    unknown = [dimension for dimension in subject if dimension not in indicator.by]
    if unknown:
        known = ", ".join(f"subject.{dimension}" for dimension in indicator.by) or "no subject"
        raise InvalidQuery(f"{indicator.name} is not computed by {', '.join(unknown)}; ask by {known}")
