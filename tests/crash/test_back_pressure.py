"""A slow log reaches the senders as 429, not as memory: what is in flight is bounded, and nothing that was accepted is lost."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from crash.persistence import wait_until
from crash.soak.samples import resident
from tests.support.inspection_plant import batches
from tests.support.installation import Installation, one_process
from tests.support.results import everything

pytestmark = pytest.mark.processes

MEBIBYTE = 1024 * 1024
IN_FLIGHT = 16 * MEBIBYTE
SENDERS = 24
EVENTS = 4_000
"""Of one sender; with what decoding needs, all of them together would take several times what may be in flight."""


@contextmanager
def slow_log(folder: Path) -> Iterator[None]:
    """Somebody else writes to the log's file, and takes long: appends wait."""
    other = sqlite3.connect(folder / "data" / "log" / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def body(sender: int) -> bytes:
    template = next(event for batch in batches(seed=1) for event in batch if not event["id"].startswith("wrong"))
    return b"".join(json.dumps({**template, "id": f"{sender}-{number}"}).encode() + b"\n" for number in range(EVENTS))


def send_once(andon: Installation, content: bytes) -> httpx.Response:
    url = f"{andon.processes['ingest'].url}/v1/metric-events"
    return httpx.post(url, content=content, headers={"content-type": "application/x-ndjson"}, timeout=60)


def counted(andon: Installation) -> int:
    values = everything(andon.get, "/v1/indicators/first-pass-yield/values")
    return sum(int(value["sample_size"]) for value in values)


def resident_at_rest(process: int) -> int:
    """In bytes, once what a first batch has the service compile in the background is there."""
    seen = [resident(process)]
    while len(seen) < 4 or max(seen[-4:]) - min(seen[-4:]) > MEBIBYTE:
        time.sleep(1)
        seen.append(resident(process))
    return seen[-1]


def test_a_slow_log_is_told_to_the_senders(tmp_path: Path) -> None:
    bodies = [body(sender) for sender in range(SENDERS)]
    with one_process(tmp_path, {"ANDON_INGEST_MOST_BYTES_IN_FLIGHT": str(IN_FLIGHT)}) as andon:
        andon.define()
        assert send_once(andon, bodies[0]).status_code == 202
        before = resident_at_rest(andon.processes["ingest"].pid)
        with ThreadPoolExecutor(SENDERS) as pool, slow_log(tmp_path):
            sent = [pool.submit(send_once, andon, content) for content in bodies]
            wait_until(lambda: sum(one.done() for one in sent) >= SENDERS // 2)
            time.sleep(1)  # whoever is not refused by now is waiting for the log
            peak = resident(andon.processes["ingest"].pid)
            refused = [one.result() for one in sent if one.done()]
        assert {answer.status_code for answer in refused} == {429}
        assert {answer.headers["content-type"] for answer in refused} == {"application/problem+json"}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        assert peak - before < 8 * IN_FLIGHT

        assert Counter(one.result().status_code for one in sent)[202] >= 1, "those who waited are served"
        for content in bodies:
            assert send_once(andon, content).status_code == 202
        wait_until(lambda: counted(andon) == SENDERS * EVENTS)
