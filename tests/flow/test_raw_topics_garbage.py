"""Nothing a raw record holds stops the consumer: it becomes a reading or lies in quarantine, whole."""

import json
from pathlib import Path

from shared.eventlog.port import NewRecord
from shared.events.topics import raw_topic
from tests.support.inspection_plant import batches
from tests.support.platform import one_thread
from tests.support.results import everything

GARBAGE = [
    b"",
    b"\x00\xff",
    b"null",
    b"[]",
    b"{",
    b'{"id":"\\ud800"}',
    b"\n\n",
    b"a\nb",
    b"[" * 5000,
    b'{"specversion":"1.0"}',
]
HEADERS = [
    (),
    (("content-type", b"application/cloudevents-batch+json"),),
    (("content-type", b"application/x-ndjson"),),
    (("content-type", b"\xff"),),
    (("ce_id", b"1"), ("ce_source", b"\xff"), ("ce_type", b"")),
    (("ce_specversion", b"1.0"), ("ce_id", b"x"), ("ce_source", b"mes-7"), ("ce_type", b"inspection.completed")),
]


def test_garbage_in_every_form_is_quarantined_and_a_good_event_behind_it_counts(tmp_path: Path) -> None:
    good = next(event for day in batches(1) for event in day if not event["id"].startswith("wrong"))
    with one_thread(tmp_path) as andon:
        andon.define()
        topic = raw_topic("mes-7")
        andon.log.append(
            [NewRecord(topic, value, headers=headers, partition=0) for value in GARBAGE for headers in HEADERS]
        )
        andon.log.append([NewRecord(topic, json.dumps(good).encode(), partition=0)])
        andon.settle()
        values = everything(andon.get, "/v1/indicators/first-pass-yield/values")
        assert [item["denominator"] for item in values] == [good["data"]["total"]]
        assert len(everything(andon.get, "/v1/quarantine")) >= len(GARBAGE)
