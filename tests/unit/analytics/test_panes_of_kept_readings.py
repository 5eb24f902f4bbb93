"""Panes computed from what is kept do not depend on how it was cut into blocks, nor on what else the blocks have or lack."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.history import Asked, Span, panes_from
from services.analytics.domain.indicator import Formula, TumblingWindow
from shared.calendars.calendar import DEFAULT_CALENDAR
from tests.unit.analytics.examples import MONDAY, indicator

_UNITS = indicator(formula=Formula("sum", measure="inspected"), window=TumblingWindow("day"))
_DAY = timedelta(days=1)

Kept = tuple[list[tuple[int, str, int]], bool]
"""Readings of a block as (hours after MONDAY, line, inspected), and whether its reading type had lines then."""

BLOCKS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 90), st.sampled_from("AB"), st.integers(1, 9)), max_size=4), st.booleans()
    ),
    max_size=8,
)


def block(kept: Kept) -> pl.DataFrame:
    readings, has_lines = kept
    frame = pl.DataFrame(
        {
            "observed_at": [MONDAY + timedelta(hours=hours) for hours, _, _ in readings],
            "dimension.line": [line for _, line, _ in readings],
            "measure.inspected": [float(units) for _, _, units in readings],
        },
        schema={
            "observed_at": pl.Datetime("us", "UTC"),
            "dimension.line": pl.String,
            "measure.inspected": pl.Float64,
        },
    )
    return frame if has_lines else frame.drop("dimension.line")


def computed(blocks: Sequence[Kept], span: Span) -> dict[tuple[str, datetime], float]:
    elsewhere = Asked(_UNITS, DEFAULT_CALENDAR, Span(end=MONDAY))
    nothing, panes = panes_from(map(block, blocks), [elsewhere, Asked(_UNITS, DEFAULT_CALENDAR, span)])
    assert nothing.is_empty()
    rows = list(zip(panes["subject"], panes["pane_start"], panes["numerator"], strict=True))
    found = {(subject, start): numerator for subject, start, numerator in rows}
    assert len(found) == len(rows)
    return found


def expected(blocks: Sequence[Kept], span: Span) -> dict[tuple[str, datetime], float]:
    sums: Counter[tuple[str, datetime]] = Counter()
    for readings, has_lines in blocks:
        for hours, line, units in readings:
            day = MONDAY + (hours // 24) * _DAY
            if has_lines and (span.start is None or day >= span.start) and (span.end is None or day < span.end):
                sums[f'{{"line":"{line}"}}', day] += units
    return dict(sums)


@given(
    BLOCKS, st.sampled_from([Span(), Span(MONDAY + _DAY), Span(None, MONDAY + 2 * _DAY), Span(MONDAY, MONDAY + _DAY)])
)
def test_any_blocks_give_the_panes_of_their_readings(blocks: list[Kept], span: Span) -> None:
    assert computed(blocks, span) == expected(blocks, span)


def test_blocks_that_are_many_passes_long_give_the_panes_of_their_readings() -> None:
    large: list[Kept] = [([(number % 90, "AB"[number % 2], 1)] * 9_000, True) for number in range(6)]
    assert computed(large, Span()) == expected(large, Span())
