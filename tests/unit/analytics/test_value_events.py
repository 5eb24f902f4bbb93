"""KPI values written by columns are the events that their contract describes, one by one."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import msgspec
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.adapters.value_events import value_records
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.effective_dates import as_of
from services.analytics.domain.indicator import Indicator, TumblingWindow
from services.analytics.domain.subject import subject_text
from services.analytics.domain.value_frame import VALUES, Values
from shared.calendars.calendar import Calendar
from shared.calendars.shift import Shift
from shared.calendars.windows import Window, shift_name, window_at
from shared.database.outbox_rows import AlikeRecords
from shared.events.envelope import Envelope, decode
from shared.events.kpi_values import KPI_VALUE_COMPUTED, KpiValueComputed, WindowSpan
from tests.unit.analytics.examples import indicator, week

NOW = datetime(2026, 11, 28, 9, 30, 0, 250_000, tzinfo=UTC)
HEADERS = (("content-type", b"application/cloudevents+json"),)
SHIFTS = indicator(name="by-shift", version=2, window=TumblingWindow("shift"))
AT_FIRST = indicator(name="dated", direction="lower_is_better")
DATED = replace(AT_FIRST, effective_from=week(3).start, earlier=(AT_FIRST,), formula_since=4)
INDICATORS = {one.name: one for one in (indicator(), SHIFTS, DATED)}
CALENDAR = Calendar("default", shifts=(Shift("early", time(6), time(14)), Shift("night", time(22), time(6))))
CATALOGUE = Catalogue(1, INDICATORS, {"default": CALENDAR}, {}, {})

FIGURES = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 10**6).map(float)
SUBJECTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)
ROWS = st.tuples(
    st.sampled_from(list(INDICATORS.values())),
    SUBJECTS,
    st.integers(0, 6 * 7 * 24),
    st.tuples(FIGURES, FIGURES, FIGURES),
    st.sampled_from([("provisional", 0), ("final", 1), ("restated", 7)]),
)
Row = tuple[Indicator, dict[str, str], int, tuple[float | None, float | None, float | None], tuple[str, int]]


def window_of(one: Indicator, hours: int) -> Window:
    assert isinstance(one.window, TumblingWindow)
    return window_at(CALENDAR, one.window.cut, week(0).start + timedelta(hours=hours))


def frame(rows: list[Row]) -> Values:
    nothing = {"series": b"", "partition": 0, "reading_deviation": None, "reading_range": None, "unpublished": False}
    return pl.DataFrame(
        [
            nothing
            | {
                "indicator": one.name,
                "indicator_version": one.version,
                "subject": subject_text(subject),
                "window_start": window_of(one, hours).start,
                "window_end": window_of(one, hours).end,
                "value": value,
                "numerator": numerator,
                "denominator": denominator,
                "sample_size": hours,
                "judgement": "judged" if hours % 2 else "insufficient",
                "status": status,
                "revision": revision,
            }
            for one, subject, hours, (value, numerator, denominator), (status, revision) in rows
        ],
        schema=VALUES,
    )


def expected(row: Row, number: int) -> tuple[bytes, Envelope[KpiValueComputed]]:
    """Key and event."""
    one, subject, hours, (value, numerator, denominator), (status, revision) = row
    window = window_of(one, hours)
    is_shift = one.name == SHIFTS.name
    data = KpiValueComputed(
        indicator=one.name,
        indicator_version=one.version,
        formula=one.formula.kind,
        direction=one.direction,
        subject=subject,
        window=WindowSpan(start=window.start, end=window.end),
        value=value,
        numerator=numerator,
        denominator=denominator,
        sample_size=hours,
        status=status,  # type: ignore[arg-type]  # one of the three
        judgement="judged" if hours % 2 else "insufficient",
        revision=revision,
        shift=shift_name(CALENDAR, window.start) if is_shift else None,
        formula_version=as_of(one, window.start).formula_version if one.effective_from else None,
    )
    key = f"{one.name}|{subject_text(subject)}"
    event = Envelope(
        id=f"id-{number}",
        source="analytics",
        type=KPI_VALUE_COMPUTED,
        subject=key,
        time=NOW,
        recordedtime=NOW,
        data=data,
    )
    return key.encode(), event


def records(rows: list[Row]) -> AlikeRecords:
    ids = [f"id-{number}" for number in range(len(rows))]
    return value_records(frame(rows), CATALOGUE, ids=ids, source="analytics", headers=HEADERS, now=NOW)


@given(st.lists(ROWS, min_size=1, max_size=8))
def test_each_record_is_the_event_of_its_value(rows: list[Row]) -> None:
    found = records(rows)
    assert [(key, decode(value, KpiValueComputed)) for key, value in zip(found.keys, found.values, strict=True)] == [
        expected(row, number) for number, row in enumerate(rows)
    ]
    assert found.headers == HEADERS


def final(one: Indicator, hours: int) -> Row:
    return one, {}, hours, (0.5, 1.0, 2.0), ("final", 1)


def test_every_field_of_the_contract_is_written() -> None:
    """One with a default would be read all the same."""
    [only] = records([final(SHIFTS, 0)]).values
    event = msgspec.json.decode(only)
    assert event.keys() == {*Envelope.__struct_fields__} - {"traceparent"}
    assert event["data"].keys() == {*KpiValueComputed.__struct_fields__}
    assert event["data"]["window"].keys() == {*WindowSpan.__struct_fields__}


def test_shifts_are_named_and_versions_that_take_effect_later() -> None:
    rows = [final(SHIFTS, 0), final(SHIFTS, 15), final(DATED, 0), final(DATED, 4 * 7 * 24)]
    told = [decode(value, KpiValueComputed).data for value in records(rows).values]
    assert [one.shift for one in told] == ["night", None, None, None]
    assert [one.formula_version for one in told] == [None, None, 1, 4]
