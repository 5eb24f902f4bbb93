"""Events that are scanned become the readings and rejections that they become when each is decoded by itself."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.ingest.adapters.compiled_scan import compile_scan
from services.ingest.domain.acceptance import prepare
from services.ingest.domain.batch import Prepared
from services.ingest.domain.decode import EventDecoder, no_scan, plan_source
from services.ingest.domain.event_columns import ScannedEvents, SourcePlan
from services.ingest.domain.plain_events import WORTH_A_SCAN, read_plain
from services.ingest.domain.reading_type_form import read_reading_type
from services.ingest.domain.source_form import read_stored_source
from services.ingest.entrypoints.bodies import events_apart, record_events
from shared.runtime.joined_texts import JoinedTexts, in_one

NOW = datetime(2026, 11, 28, tzinfo=UTC)
MOST_BYTES = 800
READING_TYPE = read_reading_type(
    "inspection",
    1,
    {
        "dimensions": {"line": {}, "shift": {"values": ["early", "late"]}},
        "measures": {
            "inspected": {"unit": "1", "minimum": 0},
            "passed": {"unit": "1", "minimum": 0, "at_most": "inspected"},
            "weight": {"unit": "g", "optional": True},
            "state": {"unit": "1"},
        },
    },
)
MAPPING = {
    "reading_type": "inspection",
    "event_types": ["inspection.completed", "inspection.repeated"],
    "dimensions": {"line": "data.line", "shift": {"path": "data.shift", "map": {"E": "early", "1": "late"}}},
    "measures": {
        "inspected": "data.total",
        "passed": "data.passed",
        "weight": {"path": "data.scale.weight", "unit": "kg"},
        "state": {"path": "data.state", "map": {"ok": 1, "true": 1, "0": 0}},
    },
}


def plan(name: str, mapping: dict[str, Any]) -> SourcePlan:
    return plan_source(read_stored_source(name, 1, mapping), READING_TYPE)


PLANS = [plan("mes-7", MAPPING), plan("other", {**MAPPING, "time": "data.at", "time_zone": "Asia/Shanghai"})]
EXACT = EventDecoder(PLANS, most_bytes=MOST_BYTES)
SCANNING = EventDecoder(PLANS, most_bytes=MOST_BYTES, scan=compile_scan)
DATA: dict[str, Any] = {"line": "A", "shift": "E", "total": 10, "passed": 9.5, "state": "ok", "scale": {"weight": 1.25}}
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e1",
    "source": "mes-7",
    "type": "inspection.completed",
    "time": "2026-11-27T09:30:00.250Z",
    "data": DATA,
}


def written(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


GOOD = written(EVENT)


def with_data(**changes: Any) -> dict[str, Any]:
    """The event with other data; None takes a field out."""
    data = {name: value for name, value in {**DATA, **changes}.items() if value is not None}
    return {**EVENT, "data": data}


TEXTS = st.sampled_from(
    ["A", "", "质量", "é", 'a"b', "a\\b", "a\nb", "ok", "E", "\u2028", "x" * 500, "x" * 501, "0", "~\x7f"]
)
NUMBERS = (
    st.integers(-(10**17), 10**17) | st.integers(-20, 20) | st.floats() | st.decimals(-100, 100, places=3).map(float)
)
SCALARS = TEXTS | NUMBERS | st.booleans() | st.none()
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8)
TIMES = st.sampled_from(
    [
        "2026-11-27T09:30:00Z",
        "2026-11-27T09:30:00.1234567Z",
        "2026-11-27T09:30:00.Z",
        "2026-11-27T09:30:00+08:00",
        "2026-11-27T09:30:00.5-00:30",
        "2026-11-27T09:30:00+24:00",
        "2026-11-27T09:30:00+0800",
        "2026-11-27T23:59:60Z",
        "2026-11-27T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-11-27 09:30:00Z",
        "2026-11-27t09:30:00z",
        "2026-11-27T09:30:00",
        "2026-11-27",
        "0000-01-01T00:00:00Z",
        "20xx-11-27T09:30:00Z",
        "2026-11-27T09:30:0\uff10Z",
        "2027-11-27T09:30:00Z",
        "",
    ]
) | st.datetimes(datetime(1, 1, 1), datetime(2026, 11, 27)).map(lambda moment: f"{moment.isoformat()}Z")  # noqa: DTZ001
DATA_OF_ANY_KIND = st.fixed_dictionaries(
    {},
    optional={
        "line": SCALARS,
        "shift": SCALARS,
        "total": SCALARS,
        "passed": NUMBERS,
        "state": SCALARS,
        "scale": ANYTHING | st.fixed_dictionaries({}, optional={"weight": NUMBERS | SCALARS, "x": ANYTHING}),
        "at": TIMES | SCALARS,
        "id": ANYTHING,
        "more": ANYTHING,
    },
)
EVENTS_OF_ANY_KIND = st.fixed_dictionaries(
    {"data": st.builds(lambda changes: {**DATA, **changes}, DATA_OF_ANY_KIND) | DATA_OF_ANY_KIND | ANYTHING},
    optional={
        "id": st.uuids().map(str) | SCALARS,
        "time": TIMES | SCALARS,
        "source": st.sampled_from(["mes-7", "other", "nobody", 7]),
        "type": st.sampled_from(["inspection.completed", "inspection.repeated", "andon.correction", "x", None]),
        "specversion": st.sampled_from(["1.0", "1.1", 1.0]),
        "subject": ANYTHING,
        "line": SCALARS,
    },
).map(lambda changes: {**EVENT, **changes})


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """An event in one of the ways in which programs write JSON."""
    event = draw(EVENTS_OF_ANY_KIND)
    if draw(st.booleans()):
        event = {name: event[name] for name in draw(st.permutations(sorted(event)))}
    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\r: "), (",\n", ":")]))
    text = json.dumps(event, ensure_ascii=draw(st.booleans()), separators=(comma, colon))
    return text.encode("utf-8", "surrogatepass") + draw(st.sampled_from([b"", b" ", b"\r", b"\n", b"}", b"x"]))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An event with a piece of it changed, taken out, or repeated."""
    event = draw(events() | st.just(GOOD))
    place = draw(st.integers(0, len(event)))
    end = draw(st.integers(place, min(len(event), place + 12)))
    piece = draw(
        st.binary(max_size=3)
        | st.sampled_from([b",", b'"', b"0", b"-", b"1e400", b'"id":"e2",', b"\\u0041", b"{}", b"[]"])
    )
    return event[:place] + piece + event[draw(st.sampled_from([place, end])) :]


NUMBERS_AS_WRITTEN = st.sampled_from(
    [
        "0",
        "-0",
        "-0.0",
        "00",
        "01",
        "-1",
        "1.",
        ".5",
        "1.50",
        "1e2",
        "1E+2",
        "1e400",
        "-1e-400",
        "NaN",
        "Infinity",
        "0.1",
        "123456789012345",
        "1234567890123456",
        "0.123456789012345",
        "999999999999999.9",
        "1_0",
        "+1",
        "0x1",
        "true",
        "null",
        "1.7976931348623157e308",
    ]
)


def around(number: str) -> bytes:
    return GOOD.replace(b'"total":10', f'"total":{number}'.encode())


def in_line(number: str) -> bytes:
    return GOOD.replace(b'"line":"A"', f'"line":{number}'.encode())


ORIGINALS = st.one_of(
    events(),
    damaged(),
    NUMBERS_AS_WRITTEN.map(around),
    NUMBERS_AS_WRITTEN.map(in_line),
    st.sampled_from(
        [
            GOOD + GOOD,
            GOOD + b"\n" + GOOD,
            GOOD.replace(b'"A"', b'"\xff"'),
            GOOD.replace(b'"A"', b'"\xe8\xb4"'),
            GOOD.replace(b"{", b'{"a":{"b":[' + b"[" * 40 + b"]" * 40 + b"]},", 1),
            GOOD.replace(b"{", b'{"a":{"b":[{},[],"\\n\\"",-1.5e+3,true,[{"c":null}]]},', 1),
            GOOD.replace(b'"A"', b'"' + b"a" * MOST_BYTES + b'"'),
            b"",
            b"{",
        ]
    ),
)


def become(decoder: EventDecoder, originals: Sequence[bytes]) -> Prepared:
    return prepare(decoder, originals, now=NOW)


def filled_up(originals: Sequence[bytes]) -> list[bytes]:
    """Enough events for a scan, the first of them plain."""
    return [GOOD, *originals, *[GOOD] * WORTH_A_SCAN]


@given(st.lists(ORIGINALS, max_size=12))
@example([GOOD.replace(b'"e1"', b'"\\u0065"'), GOOD])
@example([GOOD.replace(b'"e1"', b'""'), GOOD])
@example([GOOD.replace(b'"e1"', b'"' + b"x" * 1001 + b'"'), GOOD])
@example([GOOD.replace(b'"A"', b'"' + b"x" * 501 + b'"'), GOOD])
@example([GOOD.replace(b"10", b"-10"), GOOD.replace(b"9.5", b"10.5")])
@example([GOOD.replace(b"2026-", b"1899-"), GOOD.replace(b"2026-", b"2027-")])
@example([GOOD.replace(b"2026-", b"2 26-")])
@example([GOOD.replace(b"09:30", b"1/:30")])
def test_a_scan_changes_no_reading_and_no_rejection(originals: list[bytes]) -> None:
    batch = filled_up(originals)
    exact, scanned = become(EXACT, batch), become(SCANNING, batch)
    assert scanned.rejected == exact.rejected
    assert sorted(one.source for one in scanned.batches) == sorted(one.source for one in exact.batches)
    for one in exact.batches:
        (other,) = (
            batch for batch in scanned.batches if is_like(batch.readings, one.readings) and batch.source == one.source
        )
        assert other.readings.equals(one.readings)


@pytest.mark.parametrize("time", ["2026-11-27T09:30:00Z", "2026-11-27 09:30", "last week"])
def test_a_time_may_be_a_dimension_too(time: str) -> None:
    as_line = plan("mes-7", {**MAPPING, "dimensions": {"line": "time", "shift": {"const": "early"}}})
    batch = filled_up([written({**EVENT, "time": time})])
    exact, scanned = (
        become(EventDecoder([as_line], most_bytes=MOST_BYTES, scan=scan), batch) for scan in (no_scan, compile_scan)
    )
    assert [one.readings.to_dicts() for one in scanned.batches] == [one.readings.to_dicts() for one in exact.batches]
    assert scanned.rejected == exact.rejected


RECORDS = ORIGINALS | st.lists(ORIGINALS, max_size=3).flatmap(
    lambda some: st.sampled_from(
        [b"\n".join(some), b"[" + b",".join(some) + b"]", b" " + b"\n".join(some) + b"\n", b"[" + b"\n".join(some)]
    )
)


@given(st.lists(RECORDS, max_size=6), st.sampled_from([EXACT, SCANNING]))
@example([b"[" + GOOD + b"]"], SCANNING)
@example([b"[[" + GOOD + b"]]"], SCANNING)
@example([b"[[" + GOOD + b"]]"], EXACT)
@example([GOOD + b"\n"], SCANNING)
@example([GOOD.replace(b",", b",\n")], SCANNING)
def test_records_of_several_events_are_found_beside_plain_ones(values: list[bytes], decoder: EventDecoder) -> None:
    batch = filled_up(values)
    alone = become(EXACT, [event for value in batch for event in record_events("", {}, value)])
    some, rest = (
        JoinedTexts(memoryview(b"\n".join(part)), np.array(list(map(len, part)), dtype=np.int64))
        for part in (batch[:3], batch[3:])
    )
    for texts in (batch, in_one([some, rest])):
        together = prepare(decoder, texts, now=NOW, unfold=events_apart)
        assert together.rejected == alone.rejected
        assert ids(together) == ids(alone)


def ids(prepared: Prepared) -> list[str]:
    return [event_id for one in prepared.batches for event_id in one.readings["event_id"].to_list()]


OTHER = GOOD.replace(b'"mes-7"', b'"other"').replace(b'"line":"A"', b'"line":"B","at":"2026-11-27 09:30"')


@given(st.lists(ORIGINALS, max_size=6), st.lists(ORIGINALS, max_size=6), st.integers(0, 2 * WORTH_A_SCAN))
@example([], [], 2 * WORTH_A_SCAN)
@example([], [GOOD], 2 * WORTH_A_SCAN)
def test_batches_of_two_sources_that_were_joined_become_what_they_are_alone(
    before: list[bytes], between: list[bytes], of_other: int
) -> None:
    batch = [*before, *[GOOD] * WORTH_A_SCAN, *between, *[OTHER] * of_other]
    exact, scanned = become(EXACT, batch), become(SCANNING, batch)
    assert scanned.rejected == exact.rejected
    for one in exact.batches:
        (other,) = (
            batch for batch in scanned.batches if is_like(batch.readings, one.readings) and batch.source == one.source
        )
        assert other.readings.equals(one.readings)
    assert len(scanned.batches) == len(exact.batches)


def test_each_source_that_has_many_events_is_scanned() -> None:
    decoded = SCANNING.decode([GOOD] * WORTH_A_SCAN + [b"{"] + [OTHER] * WORTH_A_SCAN)
    assert [(type(part), part.plan.source.name, len(part.indices)) for part in decoded.parts] == [
        (ScannedEvents, "mes-7", WORTH_A_SCAN),
        (ScannedEvents, "other", WORTH_A_SCAN),
    ]


def is_like(one: Any, other: Any) -> bool:
    return bool(one.schema == other.schema and one.height == other.height)


def plain_of(originals: Sequence[bytes]) -> list[bool]:
    table = PLANS[0].table
    assert table is not None
    found = read_plain(compile_scan(), table, originals, most_bytes=MOST_BYTES)
    assert found is not None
    return [index in found.indices for index in range(len(originals))]


@pytest.mark.parametrize(
    "original",
    [
        GOOD,
        json.dumps(EVENT).encode(),
        json.dumps(dict(reversed(EVENT.items()))).encode() + b" \r",
        written(with_data(line="质量")),
        written(with_data(line=7)),
        written(with_data(line=True)),
        written(with_data(scale=None)),
        written(with_data(scale={"weight": None})),
        written(with_data(total=-12345.67890)),
        written({**EVENT, "time": "last week"}),
        written({**EVENT, "more": [{}, [], {"a": ['\n"', -1.5e30, None, True, {"b": [[]]}]}]}),
        written(with_data(line="x" * 500)),
    ],
)
def test_what_programs_usually_write_is_plain(original: bytes) -> None:
    assert plain_of([original]) == [True]


@pytest.mark.parametrize(
    "original",
    [
        GOOD.replace(b'"A"', b'"\\u0041"'),
        GOOD.replace(b'"A"', b"1.5"),
        GOOD.replace(b'"A"', b'""'),
        GOOD.replace(b'"A"', b'"' + b"x" * 501 + b'"'),
        GOOD.replace(b'"A"', b"null"),
        GOOD.replace(b":10,", b":1e1,"),
        GOOD.replace(b":10,", b":1234567890.123456,"),
        GOOD.replace(b":10,", b":-0,"),
        GOOD.replace(b'"id":"e1"', b'"id":"e1","id":"e1"'),
        GOOD.replace(b"mes-7", b"mes-8"),
        GOOD.replace(b"completed", b"COMPLETED"),
        GOOD.replace(b',"passed":9.5', b""),
        GOOD.replace(b",", b",\n"),
        GOOD[:-1],
        GOOD + b"}",
        b" " + GOOD,
        b"",
        GOOD.replace(b"{", b'{"a":"' + b"a" * MOST_BYTES + b'",', 1),
    ],
)
def test_what_takes_much_to_read_exactly_is_left_to_the_decoder(original: bytes) -> None:
    assert plain_of([GOOD, original, GOOD]) == [True, False, True]


def test_bytes_that_are_no_text_leave_all_to_the_decoder() -> None:
    table = PLANS[0].table
    assert table is not None
    assert read_plain(compile_scan(), table, [GOOD, GOOD.replace(b'"A"', b'"\xff"')], most_bytes=MOST_BYTES) is None


def test_a_field_that_is_read_as_text_and_as_number_is_not_scanned() -> None:
    assert plan("mes-7", {**MAPPING, "dimensions": {"line": "data.total", "shift": {"const": "early"}}}).table is None
    assert plan("mes-7", {**MAPPING, "dimensions": {"line": "type", "shift": {"const": "early"}}}).table is None
