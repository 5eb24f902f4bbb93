"""What the computation of values needs to know of indicators, as columns: one row for each indicator and partition."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import Coverage

PARTITION = "partition"

_MOMENT = pl.Datetime("us", "UTC")
_FOR_EVER = datetime.max.replace(tzinfo=UTC)

Definitions = pl.DataFrame
"""As `definitions_frame` makes it."""


def definitions_frame(
    indicators: Iterable[Indicator],
    closing: Mapping[tuple[int, str], datetime | None],
    coverage: Mapping[int, Mapping[str, Coverage]],
) -> Definitions:
    """What the computation needs to know of each indicator on each partition.

    Args:
        closing: (partition, indicator) → windows that end then or earlier are final; None while none is.
        coverage: partition → indicator → which of its panes are there.
    """
    by_name = {indicator.name: indicator for indicator in indicators}
    rows = [
        (
            partition,
            name,
            by_name[name].version,
            by_name[name].formula.kind,
            by_name[name].formula.q,
            by_name[name].minimum_sample,
            until,
            _covered_until(coverage.get(partition, {}).get(name), by_name[name].version),
        )
        for (partition, name), until in closing.items()
    ]
    schema: Any = {
        PARTITION: pl.Int32,
        "indicator": pl.String,
        "indicator_version": pl.Int32,
        "kind": pl.String,
        "q": pl.Float64,
        "minimum_sample": pl.Int64,
        "closes": _MOMENT,
        "covered_until": _MOMENT,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def closing_of(definitions: Definitions, partition: int, indicator: str) -> datetime | None:
    """When windows of an indicator close on a partition; None while none is."""
    of_both = (pl.col(PARTITION) == partition) & (pl.col("indicator") == indicator)
    return next(iter(definitions.filter(of_both)["closes"].to_list()), None)


def _covered_until(coverage: Coverage | None, version: int) -> datetime | None:
    if coverage is None or coverage.version != version:
        return None
    return _FOR_EVER if coverage.is_complete else coverage.until
