"""Observed times: text to UTC, for a whole column at once."""

import polars as pl

_NAIVE = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d")


def observed_times(texts: pl.Series, time_zone: str) -> pl.Series:
    """RFC 3339 times, and local times in `time_zone` where the offset is missing; null for what is neither.

    A local time that the clocks repeat means its first occurrence; one that they skip does not exist and is null.
    Fractions finer than a microsecond are cut off.
    """
    times = texts.str.to_datetime("%+", strict=False, time_unit="us").dt.convert_time_zone("UTC")
    for form in _NAIVE:
        if times.null_count() == texts.null_count():
            break
        times = times.fill_null(_local(texts, form, time_zone)) if times.has_nulls() else times
    return times


def _local(texts: pl.Series, form: str, time_zone: str) -> pl.Series:
    local = texts.str.to_datetime(form, strict=False, time_unit="us")
    zoned = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
