"""What the computation of values needs to know of indicators, as columns: one row for each indicator and partition, and for each
span of windows where its versions have dates of effect.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from services.analytics.domain.effective_dates import terms
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.partition_state import Coverage

PARTITION = "partition"
_SINCE, _UNTIL = "counts_since", "counts_until"

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
    by_name = {
        one.name: (one.computation, [(_facts(term.indicator), (term.since, term.until)) for term in terms(one)])
        for one in indicators
    }
    rows = []
    for (partition, name), until in closing.items():
        computation, spans = by_name[name]
        covered = _covered_until(coverage.get(partition, {}).get(name), computation)
        rows += [(partition, name, *facts, until, covered, *span) for facts, span in spans]
    schema: Any = {
        PARTITION: pl.Int32,
        "indicator": pl.String,
        "indicator_version": pl.Int32,
        "kind": pl.String,
        "q": pl.Float64,
        "minimum_sample": pl.Int64,
        "closes": _MOMENT,
        "covered_until": _MOMENT,
        _SINCE: _MOMENT,
        _UNTIL: _MOMENT,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def with_definitions(rows: pl.DataFrame, definitions: Definitions, start: str) -> pl.DataFrame:
    """Panes or values with what counts for each by its indicator and the start of its window; those of other versions are left out.

    Args:
        start: the column with the start of the window.
    """
    on, bounds = [PARTITION, "indicator", "indicator_version"], [_SINCE, _UNTIL]
    if definitions[_SINCE].null_count() == definitions.height:
        return rows.join(definitions[[name for name in definitions.columns if name not in bounds]], on=on)
    begins = pl.col(start)
    is_after = pl.col(_SINCE).is_null() | (begins >= pl.col(_SINCE))
    is_before = pl.col(_UNTIL).is_null() | (begins < pl.col(_UNTIL))
    return rows.join(definitions, on=on).filter(is_after, is_before).drop(bounds)


def closing_of(definitions: Definitions, partition: int, indicator: str) -> datetime | None:
    """When windows of an indicator close on a partition; None while none is."""
    of_both = (pl.col(PARTITION) == partition) & (pl.col("indicator") == indicator)
    return next(iter(definitions.filter(of_both)["closes"].to_list()), None)


def _facts(indicator: Indicator) -> tuple[int, str, float | None, int]:
    return indicator.version, indicator.formula.kind, indicator.formula.q, indicator.minimum_sample


def _covered_until(coverage: Coverage | None, computation: int) -> datetime | None:
    if coverage is None or coverage.version != computation:
        return None
    return _FOR_EVER if coverage.is_complete else coverage.until
