"""Every reason for quarantine, each with an event that earns it, and a whole path held against plain Python."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.acceptance import prepare
from services.ingest.domain.batch import Prepared
from services.ingest.domain.decode import EventDecoder, plan_source
from services.ingest.domain.errors import InvalidDefinition
from services.ingest.domain.quarantine import Reason
from services.ingest.domain.reading_type import ReadingType
from services.ingest.domain.reading_type_form import read_reading_type
from services.ingest.domain.source_form import read_source, read_stored_source

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MOST_BYTES = 2000

TICKET = read_reading_type(
    "ticket",
    1,
    {
        "dimensions": {"team": None, "channel": {"values": ["phone", "chat"]}},
        "measures": {
            "answer": {"unit": "h", "minimum": 0, "maximum": 100},
            "asked": {"unit": "1", "minimum": 0},
            "solved": {"unit": "1", "at_most": "asked"},
            "score": {"unit": "1", "optional": True},
        },
    },
)
SOURCE = {
    "reading_type": "ticket",
    "event_types": ["ticket.answered"],
    "dimensions": {"team": "data.team", "channel": {"path": "data.channel", "map": {"tel": "phone", "chat": "chat", "fax": "fax"}}},
    "measures": {
        "answer": {"path": "data.time.minutes", "unit": "min"},
        "asked": "data.asked",
        "solved": "data.solved",
        "score": "data.score",
    },
    "time_zone": "Europe/Berlin",
    "horizon": "P30D",
}  # fmt: skip


def decoder(source: dict[str, Any] = SOURCE, reading_type: ReadingType = TICKET) -> EventDecoder:
    plan = plan_source(read_stored_source("crm", 1, source), reading_type)
    return EventDecoder([plan], most_bytes=MOST_BYTES)


def event(**changes: Any) -> dict[str, Any]:
    data = {"team": "north", "channel": "tel", "time": {"minutes": 90}, "asked": 5, "solved": 4}
    found = {"specversion": "1.0", "id": "e1", "source": "crm", "type": "ticket.answered", "time": "2026-11-22T10:00:00Z", "data": data}  # fmt: skip
    for path, value in changes.items():
        target, name = (data, path.removeprefix("data_")) if path.startswith("data_") else (found, path)
        if value is ...:
            target.pop(name)
        else:
            target[name] = value
    return found


def prepared(*originals: bytes) -> Prepared:
    return prepare(decoder(), originals, now=NOW)


def as_bytes(found: dict[str, Any]) -> bytes:
    return json.dumps(found).encode()


def test_an_event_becomes_a_reading_in_the_units_of_its_type() -> None:
    found = prepared(as_bytes(event(data_score=4)))
    assert found.rejected == []
    (batch,) = found.batches
    assert json.loads(batch.readings.write_json()) == [
        {
            "event_id": "e1",
            "source": "crm",
            "observed_at": "2026-11-22T10:00:00+00:00",
            "dimension.team": "north",
            "dimension.channel": "phone",
            "measure.answer": 1.5,
            "measure.asked": 5.0,
            "measure.solved": 4.0,
            "measure.score": 4.0,
        }
    ]


@pytest.mark.parametrize(
    ("original", "reason", "named"),
    [
        (b"{", Reason.MALFORMED_JSON, "JSON"),
        (b"\xff", Reason.MALFORMED_JSON, "UTF-8"),
        (b'{"id":"\\ud800"}', Reason.MALFORMED_JSON, "UTF-8"),
        (b"[]", Reason.NOT_A_CLOUDEVENT, "object"),
        (as_bytes(event(specversion="0.3")), Reason.NOT_A_CLOUDEVENT, "specversion"),
        (as_bytes(event(type=...)), Reason.NOT_A_CLOUDEVENT, "type"),
        (as_bytes(event(source="erp")), Reason.UNKNOWN_SOURCE, "erp"),
        (as_bytes(event(type="ticket.closed")), Reason.UNKNOWN_EVENT_TYPE, "ticket.closed"),
        (as_bytes(event(id=...)), Reason.ID_MISSING, "id"),
        (as_bytes(event(id="")), Reason.ID_MISSING, "id"),
        (as_bytes(event(id=7)), Reason.ID_MISSING, "id"),
        (as_bytes(event(data_team=...)), Reason.MISSING_FIELD, "data.team"),
        (as_bytes(event(data_team=None)), Reason.MISSING_FIELD, "data.team"),
        (as_bytes(event(data_time={})), Reason.MISSING_FIELD, "data.time.minutes"),
        (as_bytes(event(data=...)), Reason.MISSING_FIELD, "data.team"),
        (as_bytes(event(data_asked="5")), Reason.NOT_A_NUMBER, "asked"),
        (as_bytes(event(data_asked=True)), Reason.NOT_A_NUMBER, "asked"),
        (as_bytes(event(data_asked=math.nan)), Reason.NOT_FINITE, "asked"),
        (as_bytes(event()).replace(b'"asked": 5', b'"asked": 1e999'), Reason.NOT_FINITE, "asked"),
        (as_bytes(event(data_time={"minutes": -1})), Reason.VALUE_OUT_OF_RANGE, "answer"),
        (as_bytes(event(data_time={"minutes": 60 * 101})), Reason.VALUE_OUT_OF_RANGE, "answer"),
        (as_bytes(event(data_solved=6)), Reason.INCONSISTENT_MEASURES, "solved"),
        (as_bytes(event(data_channel="fax")), Reason.UNKNOWN_DIMENSION_VALUE, "channel"),
        (as_bytes(event(data_channel="letter")), Reason.UNKNOWN_DIMENSION_VALUE, "channel"),
        (as_bytes(event(data_team={"name": "north"})), Reason.UNKNOWN_DIMENSION_VALUE, "data.team"),
        (as_bytes(event(data_team="a\x00b")), Reason.UNKNOWN_DIMENSION_VALUE, "NUL"),
        (as_bytes(event(time=...)), Reason.TIME_MISSING, "time"),
        (as_bytes(event(time="yesterday")), Reason.TIME_UNREADABLE, "yesterday"),
        (as_bytes(event(time=1_700_000_000)), Reason.TIME_UNREADABLE, "time"),
        (as_bytes(event(time="2026-03-29T02:30:00")), Reason.TIME_UNREADABLE, "02:30"),
        (as_bytes(event(time="2027-01-01T00:00:00Z")), Reason.OBSERVED_IN_FUTURE, "2027"),
        (as_bytes(event(time="2026-01-01T00:00:00Z")), Reason.OBSERVED_TOO_OLD, "P30D"),
        (as_bytes(event(data_team="n" * 3000)), Reason.TOO_LARGE, "2000"),
    ],
)
def test_each_reason_has_its_event_and_names_the_field(original: bytes, reason: Reason, named: str) -> None:
    good = as_bytes(event(id="good"))
    found = prepared(good, original, good)
    assert [(one.index, one.reason, one.original) for one in found.rejected] == [(1, reason, original)]
    assert named in found.rejected[0].detail
    assert [batch.count for batch in found.batches] == [2]


def test_a_unit_that_no_longer_fits_is_a_reason_too() -> None:
    weighed = read_reading_type(
        "ticket",
        2,
        {"dimensions": ["team", "channel"], "measures": {"answer": {"unit": "kg"}, "asked": {}, "solved": {}}},
    )
    source = {**SOURCE, "measures": {name: SOURCE["measures"][name] for name in ("answer", "asked", "solved")}}  # type: ignore[index]
    found = prepare(decoder(source, weighed), [as_bytes(event())], now=NOW)
    assert [one.reason for one in found.rejected] == [Reason.UNIT_MISMATCH]


def test_every_reason_of_the_closed_list_is_earned_above() -> None:
    marks = test_each_reason_has_its_event_and_names_the_field.pytestmark  # type: ignore[attr-defined]
    earned = {case[1] for mark in marks for case in mark.args[1]} | {Reason.UNIT_MISMATCH}
    assert earned == set(Reason)


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00"),
        ("2026-11-22T10:00:00.123456789+02:00", "2026-11-22T08:00:00.123456"),
        ("2026-11-22T10:00:00", "2026-11-22T09:00:00"),
        ("2026-11-22 10:00:00", "2026-11-22T09:00:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00"),  # repeated by the clocks: its first occurrence
    ],
)
def test_times_are_read_with_and_without_an_offset(time: str, utc: str) -> None:
    (batch,) = prepared(as_bytes(event(time=time))).batches
    assert batch.readings["observed_at"].to_list() == [datetime.fromisoformat(utc).replace(tzinfo=UTC)]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 200),
    st.floats(-10, 200),
    st.sampled_from(["5", "tel", "chat", "fax", ""]),
)
TIMES = st.one_of(
    st.none(),
    st.sampled_from(["soon", "2026-11-22T10:00:00Z", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]),
    st.integers(),
)


def expected_reason(found: dict[str, Any]) -> Reason | None:  # noqa: C901 - one check after the other, as in the design
    """The first thing wrong with an event, by the words of the design, one check after the other."""
    data = found["data"]
    for name in ("team", "channel"):
        if data[name] is None:
            return Reason.MISSING_FIELD
    for value in (data["time"]["minutes"], data["asked"], data["solved"]):
        if value is None:
            return Reason.MISSING_FIELD
        if isinstance(value, bool | str):
            return Reason.NOT_A_NUMBER
    if data["score"] is not None and isinstance(data["score"], bool | str):
        return Reason.NOT_A_NUMBER
    if found["time"] is not None and not isinstance(found["time"], str):
        return Reason.TIME_UNREADABLE
    if data["channel"] not in ("tel", "chat"):
        return Reason.UNKNOWN_DIMENSION_VALUE
    if not 0 <= data["time"]["minutes"] / 60 <= 100 or data["asked"] < 0:
        return Reason.VALUE_OUT_OF_RANGE
    if data["solved"] > data["asked"]:
        return Reason.INCONSISTENT_MEASURES
    if found["time"] is None:
        return Reason.TIME_MISSING
    times = {"soon": Reason.TIME_UNREADABLE, "2020": Reason.OBSERVED_TOO_OLD, "2030": Reason.OBSERVED_IN_FUTURE}
    return times.get(found["time"][:4])


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly good events; each field is now and then something else."""

    def sometimes(good: Any, other: st.SearchStrategy[Any]) -> Any:
        return draw(other) if draw(st.integers(0, 5)) == 0 else good

    minutes = sometimes(90, st.one_of(st.none(), st.booleans(), st.integers(-10, 7000)))
    return event(
        id=draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)),
        time=sometimes("2026-11-22T10:00:00Z", TIMES),
        data_team=sometimes("north", VALUES),
        data_channel=sometimes("tel", VALUES),
        data_time={"minutes": minutes},
        data_asked=sometimes(5, VALUES),
        data_solved=sometimes(4, VALUES),
        data_score=sometimes(3, VALUES),
    )


@given(st.lists(events(), max_size=20))
def test_the_whole_path_agrees_with_plain_python(batch: list[dict[str, Any]]) -> None:
    found = prepared(*map(as_bytes, batch))
    reasons = {index: reason for index, one in enumerate(batch) if (reason := expected_reason(one)) is not None}
    assert {one.index: one.reason for one in found.rejected} == reasons

    good = [one for index, one in enumerate(batch) if index not in reasons]
    rows = [row for part in found.batches for row in json.loads(part.readings.write_json())]
    assert [row["event_id"] for row in rows] == [one["id"] for one in good]
    assert [row["measure.answer"] for row in rows] == pytest.approx(
        [one["data"]["time"]["minutes"] / 60 for one in good]
    )
    assert [row["measure.score"] for row in rows] == [one["data"]["score"] for one in good]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"reading_type": "unknown"}, "/reading_type"),
        ({"event_types": []}, "/event_types"),
        ({"dimensions": {"team": "data.team"}}, "/dimensions/channel"),
        ({"measures": {**SOURCE["measures"], "weight": "data.kg"}}, "/measures/weight"),  # type: ignore[dict-item]
        ({"measures": {**SOURCE["measures"], "answer": {"path": "data.minutes", "unit": "kg"}}}, "/measures/answer"),  # type: ignore[dict-item]
        ({"horizon": "400 days"}, "/horizon"),
        ({"time_zone": "Berlin"}, "/time_zone"),
        ({"dimension": {}}, "/dimension"),
        ({"time": "data.a.."}, "/time"),
    ],
)
def test_a_wrong_source_names_the_field(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read_source("crm", {**SOURCE, **changes}, {"ticket": TICKET})
    assert pointer in [problem.pointer for problem in caught.value.errors]


def test_the_horizon_is_counted_from_acceptance() -> None:
    original = as_bytes(event(time="2026-11-22T10:00:00Z"))
    late = prepare(decoder(), [original], now=NOW + timedelta(days=31))
    assert [one.reason for one in late.rejected] == [Reason.OBSERVED_TOO_OLD]
