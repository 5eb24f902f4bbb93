"""How readings came, as readings of two types of Andon's own, from which the quality of what a source sends is computed.

They are sums of what the fold counts for the first time, so a copy changes nothing here either. A row stands for the readings of one
source that came in one minute (`andon-intake`), or that were observed in one minute and came in one (`andon-delivery`).

* `andon-intake`, observed when the readings arrived: how many were `received`, and how many of them `refused`.
* `andon-delivery`, observed when the readings were: how many `readings`, and how many of them came `on_time`; of sources that have a
  cadence also how many `came`, and in rows of their own how many were `expected`.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from services.analytics.domain.arrivals import (
    ARRIVED_MINUTE,
    COUNT,
    HAS_CADENCE,
    MICROSECONDS,
    MOMENT,
    OBSERVED_MINUTE,
    ON_TIME,
)
from services.analytics.domain.assignment import MEASURE, OBSERVED_AT
from services.analytics.domain.block import ARRIVED_AT, EVENT_ID, ID_HASH, READ_FROM, SOURCE, Block, without_origin
from services.analytics.domain.pane import STANDS_FOR

INTAKE = "andon-intake"
DELIVERY = "andon-delivery"
SUMMED: Mapping[str, tuple[str, ...]] = {
    INTAKE: ("received", "refused"),
    DELIVERY: ("readings", "on_time", "came", "expected"),
}
"""Reading types whose rows are sums, and their measures."""
EXPECTATION = "andon-expectation"
_REJECTION = "andon-rejection"
_NO_EVENT = pl.lit(0, dtype=pl.UInt64).alias(ID_HASH)
"""A row is no event, so that no revision of one finds it."""


def quality_rows(came: Mapping[str, pl.DataFrame], stated: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """The rows of both types, for one batch of readings; none where nothing counts.

    Args:
        came: reading type → its `arrivals`.
        stated: the readings of `andon-expectation` that count, with their origin.
    """
    sent = {name: frame for name, frame in came.items() if name != EXPECTATION}
    intake = [_intake(frame, refused=name == _REJECTION) for name, frame in sent.items()]
    delivery = [_delivery(frame) for name, frame in sent.items() if name != _REJECTION]
    if stated is not None and not stated.is_empty():
        delivery.append(_expected(stated))
    found = {INTAKE: intake, DELIVERY: delivery}
    return {name: pl.concat(frames, how="diagonal") for name, frames in found.items() if frames}


def as_blocks(summed: Mapping[str, pl.DataFrame]) -> Iterator[Block]:
    """The rows, by the partition that their readings were read from."""
    for name, rows in summed.items():
        for (partition,), part in rows.group_by(READ_FROM, maintain_order=True):
            newest = max(part[ARRIVED_AT].to_list())
            yield Block(int(str(partition)), name, without_origin(part), newest)


def _intake(came: pl.DataFrame, *, refused: bool) -> pl.DataFrame:
    sums = came.group_by(READ_FROM, SOURCE, ARRIVED_MINUTE).agg(
        pl.col(COUNT).sum(), pl.col(EVENT_ID).first(), pl.col(ARRIVED_AT).max()
    )
    received = pl.col(COUNT).cast(pl.Float64)
    return _rows(
        sums,
        minute=ARRIVED_MINUTE,
        measures={"received": received, "refused": received if refused else pl.lit(0.0)},
    )


def _delivery(came: pl.DataFrame) -> pl.DataFrame:
    readings = pl.col(COUNT).cast(pl.Float64)
    counted = pl.when(pl.col(HAS_CADENCE))
    return _rows(
        came,
        minute=OBSERVED_MINUTE,
        measures={
            "readings": readings,
            "on_time": pl.col(ON_TIME).cast(pl.Float64),
            "came": counted.then(readings),
            "expected": counted.then(pl.lit(0.0)),
        },
    )


def _rows(sums: pl.DataFrame, *, minute: str, measures: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """A row bears the id of the first reading that it stands for, by which people can tell it from others."""
    return sums.select(
        EVENT_ID,
        _NO_EVENT,
        SOURCE,
        (pl.col(minute) * MICROSECONDS).cast(MOMENT).alias(OBSERVED_AT),
        *(value.alias(MEASURE + name) for name, value in measures.items()),
        pl.col(COUNT).cast(pl.Int64).alias(STANDS_FOR),
        READ_FROM,
        ARRIVED_AT,
    )


def _expected(stated: pl.DataFrame) -> pl.DataFrame:
    """A statement of what is due is a row by itself: it is one reading, and none that came."""
    return stated.select(
        EVENT_ID,
        _NO_EVENT,
        SOURCE,
        OBSERVED_AT,
        pl.lit(0.0).alias(MEASURE + "came"),
        pl.col(MEASURE + "expected"),
        pl.lit(1, dtype=pl.Int64).alias(STANDS_FOR),
        READ_FROM,
        ARRIVED_AT,
    )
