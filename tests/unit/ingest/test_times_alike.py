"""Times that are written alike are read by columns as they are read one by one."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.times import observed_times
from services.ingest.domain.times_alike import WORTH_COLUMNS, times_written_alike

MOMENTS = st.datetimes(datetime.min, datetime.max)  # noqa: DTZ901 - written as UTC below
CUTS = {
    "seconds": timedelta(seconds=1),
    "milliseconds": timedelta(milliseconds=1),
    "microseconds": timedelta(microseconds=1),
}
NUMBERS = st.integers(0, 99).map("{:02d}".format)
IN_LAYOUT = st.builds("20{}-{}-{}T{}:{}:{}Z".format, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
"""Seldom times: the thirteenth month, the thirtieth of February, a leap second."""
NEARLY = st.sampled_from(
    ["2028-02-29T23:59:60Z", "2026-02-29T10:00:00Z", "2026-02-01 10:00:00Z", "2026-02-01T1O:00:00Z"]
)
OTHERS = st.sampled_from([None, "", "2026-01-31", "2026-01-31T09:30:00+01:00", "2026-01-31T9:30:00Zé"])


def many(texts: list[str | None]) -> pl.Series:
    """So many that they are worth columns."""
    return pl.Series((texts * WORTH_COLUMNS)[: WORTH_COLUMNS + len(texts)], dtype=pl.String)


@given(st.lists(MOMENTS, min_size=1, max_size=5), st.sampled_from(sorted(CUTS)))
def test_times_in_one_layout_are_what_they_say(moments: list[datetime], precision: str) -> None:
    found = times_written_alike(many([f"{moment.isoformat(timespec=precision)}Z" for moment in moments]))
    assert found is not None
    written = [moment - (moment - datetime.min) % CUTS[precision] for moment in moments]  # noqa: DTZ901
    assert found[: len(moments)].dt.replace_time_zone(None).to_list() == written


@given(st.lists(IN_LAYOUT | NEARLY | OTHERS, min_size=1, max_size=4))
def test_whatever_is_written_is_read_as_it_is_in_small_batches(texts: list[str | None]) -> None:
    together = observed_times(many(texts), "UTC")
    alone = observed_times(pl.Series(texts, dtype=pl.String), "UTC")
    assert together[: len(texts)].to_list() == alone.to_list()
    assert together.dtype == alone.dtype


@pytest.mark.parametrize(
    "texts", [["2026-02-01T10:00:00Z", "2026-02-01T10:00:00.5Z"], ["2026-02-01T10:00:00Z", None], [None]]
)
def test_what_is_not_written_alike_is_left_to_others(texts: list[str | None]) -> None:
    assert times_written_alike(many(texts)) is None
