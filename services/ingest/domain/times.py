"""Observed times: text to UTC, for a whole column at once."""

from datetime import UTC, datetime

import polars as pl

from services.ingest.domain.times_alike import times_written_alike

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""No source observes anything before this, whatever its horizon: such times are defaults that nobody filled in."""

_RFC_3339 = "%+"
_WITH_OFFSET = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
_NAIVE = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d")


def observed_times(texts: pl.Series, time_zone: str) -> pl.Series:
    """RFC 3339 times, and local times in `time_zone` where the offset is missing; null for what is neither.

    Beside RFC 3339, what common programs write is read too: no seconds, a space for the T, an offset in hours; a date alone is
    its first moment. A local time that the clocks repeat means its first occurrence; one that they skip does not exist and is
    null. Fractions finer than a microsecond are cut off; a leap second is the second after it.
    """
    times = times_written_alike(texts)
    if times is not None:
        return times
    times = _in_utc(texts, _RFC_3339)
    for form in (*_WITH_OFFSET, *_NAIVE):
        if times.null_count() == texts.null_count():
            break
        times = times.fill_null(_local(texts, form, time_zone) if form in _NAIVE else _in_utc(texts, form))
    return times


def is_time_zone(name: str) -> bool:
    """Whether times can be read in this zone. Polars and Python each know a few zones that the other does not."""
    try:
        _local(pl.Series(["2026-01-31"]), "%Y-%m-%d", name)
    except pl.exceptions.PolarsError:
        return False
    return True


def _in_utc(texts: pl.Series, form: str) -> pl.Series:
    """Read times that name their offset; polars turns these into UTC by itself."""
    return texts.str.to_datetime(form, strict=False, time_unit="us")


def _local(texts: pl.Series, form: str, time_zone: str) -> pl.Series:
    local = texts.str.to_datetime(form, strict=False, time_unit="us")
    zoned = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
