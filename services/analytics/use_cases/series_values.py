"""All values of one series, page by page. Part of the queries that rest on a whole series."""

from collections.abc import Sequence
from datetime import datetime

from services.analytics.domain.errors import InvalidQuery
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.ports.reading import AnalyticsReader, ValueFilter

_PAGE = 5_000
_MOST = 50_000


def series_values(reader: AnalyticsReader, wanted: ValueFilter) -> Sequence[KpiValue]:
    """In order of their windows.

    Args:
        wanted: with the `series`.

    Raises:
        InvalidQuery: there are more than can be looked at together.
    """
    values: list[KpiValue] = []
    after: tuple[datetime, bytes] | None = None
    while len(values) <= _MOST:
        page = reader.values(wanted, after=after, limit=_PAGE)
        values.extend(page)
        if len(page) < _PAGE:
            return values
        after = (page[-1].window.start, page[-1].key.series)
    raise InvalidQuery(f"{wanted.indicator} has more than {_MOST} windows; ask an indicator with longer ones")
