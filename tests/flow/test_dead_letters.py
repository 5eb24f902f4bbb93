"""A record that nothing can be made of goes to the dead letters, whole, and can be replayed once the cause is mended."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.ingest.domain.decode import Decoded, EventDecoder, Unfold
from shared.eventlog.port import NewRecord, Partition
from shared.events.topics import DEAD_LETTERS, raw_topic
from tests.support.inspection_plant import batches
from tests.support.platform import one_thread
from tests.support.results import everything


def test_a_poisoned_record_is_put_aside_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {event["id"]: event for day in batches(1) for event in day if not event["id"].startswith("wrong")}
    events = list(sent.values())[:3]
    decode = EventDecoder.decode
    is_broken = True

    def trips_over_the_second(self: EventDecoder, originals: Sequence[bytes], unfold: Unfold) -> Decoded:
        if is_broken and events[1]["id"] in [json.loads(original)["id"] for original in originals]:
            raise ZeroDivisionError("a fault of ours")
        return decode(self, originals, unfold)

    monkeypatch.setattr(EventDecoder, "decode", trips_over_the_second)
    with one_thread(tmp_path) as andon:
        andon.define()
        topic = raw_topic("mes-7")
        andon.log.append([NewRecord(topic, json.dumps(event).encode(), partition=0) for event in events])
        andon.settle()

        def counted() -> int:
            return sum(item["sample_size"] for item in everything(andon.get, "/v1/indicators/first-pass-yield/values"))

        assert counted() == 2
        assert andon.log.offsets(Partition(DEAD_LETTERS, 0)) == (0, 1)
        assert everything(andon.get, "/v1/quarantine") == []

        is_broken = False
        replayed = andon.http.post("/v1/dead-letters/0/replay")
        assert replayed.json() == {"topic": topic, "partition": 0, "offset": 3}
        andon.settle()
        assert counted() == 3
        assert andon.http.post("/v1/dead-letters/0/replay").status_code == 200
        andon.settle()
        assert counted() == 3
        missing = andon.http.post("/v1/dead-letters/7/replay")
        assert (missing.status_code, missing.json()["type"]) == (404, "/problems/unknown-dead-letter")
