"""`andon tail`: any topic as text, one line a record, Arrow blocks as rows."""

import json
import threading
from collections.abc import Iterator
from typing import Any

from services.cli.client import Client

_PAUSE_SECONDS = 0.5
_AT_ONCE = 200


def tail(client: Client, topic: str, *, from_start: bool, limit: int | None) -> Iterator[str]:
    """Lines for the records of a topic, in order per partition; follows the topic until `limit` records were shown.

    Blocks while there is nothing new. Raises CallFailed.
    """
    partitions = int(client.get(f"/v1/topics/{topic}")["partitions"])
    reached = dict.fromkeys(range(partitions), 0)
    if not from_start:
        reached = {number: _page(client, topic, number, 0)["end_offset"] for number in reached}
    shown = 0
    pause = threading.Event()
    while True:
        seen = 0
        for number, start in reached.items():
            page = _page(client, topic, number, start)
            reached[number] = page["next_offset"]
            for record in page["items"]:
                yield _line(topic, record)
                seen, shown = seen + 1, shown + 1
                if shown == limit:
                    return
        if seen == 0:
            pause.wait(_PAUSE_SECONDS)


def _page(client: Client, topic: str, partition: int, start: int) -> dict[str, Any]:
    asked: dict[str, str | int] = {"partition": partition, "from": start, "limit": _AT_ONCE}
    page: dict[str, Any] = client.get(f"/v1/topics/{topic}/records", asked)
    return page


def _line(topic: str, record: dict[str, Any]) -> str:
    place = f"{topic}/{record['partition']}@{record['offset']}"
    return f"{place} {record['appended_at']} {record['key'] or '-'} {json.dumps(record['value'], ensure_ascii=False)}"
