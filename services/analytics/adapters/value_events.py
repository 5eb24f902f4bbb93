"""KPI values as records of the topic `kpi-values`, written by columns: an object of each value and its JSON would take five times as long.

What is written is `shared.events.kpi_values.KpiValueComputed` in an `Envelope`; a test reads it so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.effective_dates import as_of
from services.analytics.domain.value_frame import Values
from shared.calendars.windows import shift_name
from shared.database.outbox_rows import AlikeRecords
from shared.eventlog.port import Headers
from shared.events.kpi_values import KPI_VALUE_COMPUTED, WindowSpan

_OF_WINDOW = ("indicator", "indicator_version", "window_start", "window_end")
_FACTS = ("value", "numerator", "denominator", "sample_size", "status", "judgement", "revision")


def value_records(
    values: Values, catalogue: Catalogue, *, ids: Sequence[str], source: str, headers: Headers, now: datetime
) -> AlikeRecords:
    """One record for each row, in their order.

    Args:
        ids: of the events, one for each.
    """
    described = values.join(_described(values, catalogue), on=_OF_WINDOW, how="left", maintain_order="left")
    of_all = {
        "source": source,
        "type": KPI_VALUE_COMPUTED,
        "time": now,
        "recordedtime": now,
        "specversion": "1.0",
        "datacontenttype": "application/json",
    }
    own = pl.struct(id=pl.Series(ids, dtype=pl.String), subject=_key())
    written = pl.concat_str(
        pl.lit("{"),
        _members_of(own),
        pl.lit(f',{_members(of_all)},"data":{{'),
        "described",
        pl.lit(","),
        _members_of(pl.struct(_FACTS)),
        pl.lit(',"subject":'),  # which is JSON already
        "subject",
        pl.lit("}}"),
    )
    texts = described.select(_key().cast(pl.Binary).alias("key"), written.cast(pl.Binary).alias("event"))
    return AlikeRecords(headers, texts["key"].to_list(), texts["event"].to_list())


def _key() -> pl.Expr:
    """As `SeriesKey.text`."""
    return pl.concat_str("indicator", pl.lit("|"), "subject")


def _described(values: Values, catalogue: Catalogue) -> pl.DataFrame:
    """What is the same of all values of a window: a few rows."""
    windows = values.select(_OF_WINDOW).unique()
    texts = [_members(_description(catalogue, **window)) for window in windows.iter_rows(named=True)]
    return windows.with_columns(pl.Series("described", texts, dtype=pl.String))


def _description(
    catalogue: Catalogue, *, indicator: str, indicator_version: int, window_start: datetime, window_end: datetime
) -> dict[str, Any]:
    defined = catalogue.indicators[indicator]
    is_shift = defined.window.cut == "shift"
    return {
        "indicator": indicator,
        "indicator_version": indicator_version,
        "formula": defined.formula.kind,
        "direction": defined.direction,
        "window": WindowSpan(start=window_start, end=window_end),
        "shift": shift_name(catalogue.calendar_of(defined), window_start) if is_shift else None,
        "formula_version": as_of(defined, window_start).formula_version if defined.effective_from else None,
    }


def _members(fields: Mapping[str, Any]) -> str:
    """Of a JSON object, without its braces."""
    return msgspec.json.encode(fields).decode()[1:-1]


def _members_of(fields: pl.Expr) -> pl.Expr:
    """The same of each row's."""
    return fields.struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")
