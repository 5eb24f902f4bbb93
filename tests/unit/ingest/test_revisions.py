"""Corrections and retractions of events, read and mapped; what is wrong with one is said of it alone."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.ingest.domain.acceptance import prepare
from services.ingest.domain.batch import Prepared
from services.ingest.domain.errors import InvalidDefinition
from services.ingest.domain.quarantine import Reason
from services.ingest.domain.source_form import read_source
from tests.unit.ingest.test_reasons import NOW, SOURCE, TICKET, as_bytes, decoder, event

AT = "2026-11-22T12:00:00Z"


def revision(kind: str = "andon.correction", **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "id": "c1",
        "source": "crm",
        "type": kind,
        "time": AT,
        "data": {"id": "e1", "reason": "counted again", "event": corrected()},
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def corrected(**changes: Any) -> dict[str, Any]:
    found = event(**changes)
    return {name: found[name] for name in found if name not in ("id", "source", "specversion")}


def prepared(*found: dict[str, Any]) -> Prepared:
    return prepare(decoder(), [as_bytes(one) for one in found], now=NOW)


def test_a_corrected_event_is_mapped_like_any_other_under_its_own_id() -> None:
    (batch,) = prepared(revision(data={"id": "e1", "event": corrected(data_solved=2)})).batches
    (row,) = json.loads(batch.readings.write_json())
    assert (row["event_id"], row["measure.solved"], row["measure.answer"]) == ("e1", 2, 1.5)
    assert (row["revision_id"], row["retracted"]) == ("c1", False)
    assert datetime.fromisoformat(row["revised_at"]) == datetime.fromisoformat(AT)


def test_a_retraction_names_an_event_and_nothing_else() -> None:
    (batch,) = prepared(revision("andon.retraction", data={"id": "e1"})).batches
    (row,) = json.loads(batch.readings.write_json())
    assert (row["event_id"], row["observed_at"], row["retracted"], row["revision_id"]) == ("e1", None, True, "c1")


def test_events_and_revisions_may_come_in_one_batch() -> None:
    wrong = revision(id="c2", data={"id": "e2", "event": corrected(data_solved=9)})
    found = prepared(event(), wrong, revision("andon.retraction", id="c3"), revision(), event(id="e5"))
    assert sorted(batch.count for batch in found.batches) == [1, 1, 2]
    [refused] = found.rejected
    assert (refused.index, refused.event_id, refused.reason) == (1, "c2", Reason.INCONSISTENT_MEASURES)
    assert refused.original == as_bytes(wrong)
    assert refused.detail.startswith("data.event: ")


@pytest.mark.parametrize(
    ("wrong", "reason", "named"),
    [
        (revision(specversion="0.3"), Reason.NOT_A_CLOUDEVENT, "specversion"),
        (revision(id=...), Reason.ID_MISSING, "id"),
        (revision(id=""), Reason.ID_MISSING, "id"),
        (revision(source="erp"), Reason.UNKNOWN_SOURCE, "erp"),
        (revision(source=7), Reason.UNKNOWN_SOURCE, "source"),
        (revision(data=...), Reason.MISSING_FIELD, "data"),
        (revision(data={"event": corrected()}), Reason.MISSING_FIELD, "data.id"),
        (revision(data={"id": "e1"}), Reason.MISSING_FIELD, "data.event"),
        (revision(data={"id": "e1", "event": corrected(type="other")}), Reason.UNKNOWN_EVENT_TYPE, "other"),
        (revision(data={"id": "e1", "event": revision()}), Reason.NOT_A_CLOUDEVENT, "data.event.type"),
        (revision(data={"id": "e1", "event": event(id="e2")}), Reason.NOT_A_CLOUDEVENT, "keeps its id"),
        (revision(time=...), Reason.TIME_MISSING, "time"),
        (revision(time="yesterday"), Reason.TIME_UNREADABLE, "yesterday"),
        (revision(time="2026-11-22T12:00:00"), Reason.TIME_UNREADABLE, "offset"),
        (revision(time=4), Reason.TIME_UNREADABLE, "time"),
        (revision(time=(NOW + timedelta(hours=1)).isoformat()), Reason.OBSERVED_IN_FUTURE, "clock"),
    ],
)
def test_each_thing_that_may_be_wrong_is_named(wrong: dict[str, Any], reason: Reason, named: str) -> None:
    found = prepared(event(), wrong)
    [refused] = found.rejected
    assert (refused.index, refused.reason) == (1, reason)
    assert named in refused.detail
    assert [batch.count for batch in found.batches] == [1]


def test_a_source_may_not_call_its_own_events_revisions() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read_source("crm", {**SOURCE, "event_types": ["andon.correction"]}, {"ticket": TICKET})
    assert [problem.pointer for problem in caught.value.errors] == ["/event_types"]


def test_a_revision_that_is_no_text_is_refused_and_takes_no_other_event_with_it() -> None:
    broken = as_bytes(revision()).replace(b'"c1"', b'"c\xff"').replace(b'"id"', b'"\xffid"', 1)
    found = prepare(decoder(), [broken, as_bytes(event())], now=NOW)
    assert [(one.index, one.reason) for one in found.rejected] == [(0, Reason.MALFORMED_JSON)]
    assert [batch.count for batch in found.batches] == [1]
