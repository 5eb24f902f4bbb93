"""KPI values as records of the topic `kpi-values`, written by columns: an object of each value and its JSON would take five times as long.

What is written is `shared.events.kpi_values.KpiValueComputed` in an `Envelope`; a test reads it so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.effective_dates import as_of
from services.analytics.domain.value_frame import Values
from shared.calendars.windows import Window, shift_name
from shared.database.outbox_rows import AlikeRecords
from shared.eventlog.port import Headers
from shared.events.kpi_values import KPI_VALUE_COMPUTED

_OF_WINDOW = ("indicator", "window_start", "window_end")
_DESCRIBED = pl.Schema(
    {
        **{name: pl.String() for name in ("formula", "direction", "start", "end", "shift")},
        "formula_version": pl.Int32(),
    }
)
_FACTS = ("value", "numerator", "denominator", "sample_size", "status", "judgement", "revision")


def value_records(
    values: Values, catalogue: Catalogue, *, ids: Sequence[str], source: str, headers: Headers, now: datetime
) -> AlikeRecords:
    """One record for each row, in their order.

    Args:
        ids: of the events, one for each.
    """
    described = values.join(_described(values, catalogue), on=_OF_WINDOW, how="left", maintain_order="left")
    moment = pl.lit(_text(now))
    envelope = pl.struct(
        id=pl.Series(ids, dtype=pl.String),
        source=pl.lit(source),
        type=pl.lit(KPI_VALUE_COMPUTED),
        subject=_key(),
        time=moment,
        recordedtime=moment,
        specversion=pl.lit("1.0"),
        datacontenttype=pl.lit("application/json"),
    )
    data = pl.struct(
        "indicator",
        "indicator_version",
        "formula",
        "direction",
        *_FACTS,
        "shift",
        "formula_version",
        window=pl.struct("start", "end"),
    )
    # The subject is JSON already.
    written = pl.concat_str(
        _opened(envelope), pl.lit(',"data":'), _opened(data), pl.lit(',"subject":'), "subject", pl.lit("}}")
    )
    texts = described.select(_key().cast(pl.Binary).alias("key"), written.cast(pl.Binary).alias("event"))
    return AlikeRecords(headers, texts["key"].to_list(), texts["event"].to_list())


def _key() -> pl.Expr:
    """As `SeriesKey.text`."""
    return pl.concat_str("indicator", pl.lit("|"), "subject")


def _opened(fields: pl.Expr) -> pl.Expr:
    """As JSON, without the brace at the end."""
    return fields.struct.json_encode().str.strip_suffix("}")


def _described(values: Values, catalogue: Catalogue) -> pl.DataFrame:
    """What is the same of all values of a window: a few rows."""
    windows = values.select(_OF_WINDOW).unique()
    rows = [_description(catalogue, name, Window(start, end)) for name, start, end in windows.iter_rows()]
    return windows.with_columns(pl.DataFrame(rows, schema=_DESCRIBED, orient="row"))


def _description(catalogue: Catalogue, name: str, window: Window) -> tuple[Any, ...]:
    indicator = catalogue.indicators[name]
    shift = shift_name(catalogue.calendar_of(indicator), window.start) if indicator.window.cut == "shift" else None
    version = as_of(indicator, window.start).formula_version if indicator.effective_from else None
    return indicator.formula.kind, indicator.direction, _text(window.start), _text(window.end), shift, version


def _text(moment: datetime) -> str:
    """As it stands in JSON."""
    text: str = msgspec.to_builtins(moment)
    return text
