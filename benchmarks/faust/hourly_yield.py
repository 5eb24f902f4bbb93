"""Hourly panes per line with Faust; run by the Python of its own environment.

Faust closes windows by the wall clock, which for events of another day is at once. So the panes are an ordinary table by line
and hour, and the agent closes an hour when the events of its partition have passed its end and the lateness.

The application's settings come from the environment: BROKER, SOURCE, SINK, APPLICATION, STATE, LATENESS_HOURS.
"""

import os
from collections import defaultdict
from datetime import datetime

import faust

HOUR = 3600
LATENESS = int(os.environ["LATENESS_HOURS"]) * HOUR

app = faust.App(
    os.environ["APPLICATION"],
    broker=f"kafka://{os.environ['BROKER']}",
    store="rocksdb://",
    datadir=os.environ["STATE"],
    processing_guarantee="exactly_once",
    topic_partitions=4,
    topic_replication_factor=1,
    consumer_auto_offset_reset="earliest",
    consumer_max_fetch_size=4 * 1024 * 1024,
    producer_linger=0.1,
    broker_commit_interval=5.0,
    stream_buffer_maxsize=16384,
    web_enabled=False,
)
events = app.topic(os.environ["SOURCE"], key_type=bytes, key_serializer="raw", value_serializer="json")
results = app.topic(os.environ["SINK"], key_serializer="raw", value_serializer="json")
panes = app.Table("panes", partitions=4)
open_hours = defaultdict(set)
"""(partition, start of an hour) → lines that have a pane in it."""
reached = defaultdict(float)
"""Partition → largest time of its events."""


@app.agent(events)
async def fold(stream):
    async for event in stream.events():
        value, partition = event.value, event.message.partition
        data = value["data"]
        time = datetime.fromisoformat(value["time"]).timestamp()
        hour = int(time // HOUR * HOUR)
        line, passed, total = data["line"], float(data["passed"]), float(data["total"])
        key = f"{line}@{hour}"
        pane = panes.get(key)
        if pane is None:
            open_hours[partition, hour].add(line)
            panes[key] = [1, passed, total, passed, passed]
        else:
            count, passed_sum, total_sum, least, largest = pane
            panes[key] = [count + 1, passed_sum + passed, total_sum + total, min(least, passed), max(largest, passed)]
        if time > reached[partition]:
            reached[partition] = time
            await close_hours(partition, time - LATENESS)


async def close_hours(partition, before):
    over = [place for place in open_hours if place[0] == partition and place[1] + HOUR <= before]
    for place in over:
        for line in open_hours.pop(place):
            count, passed, total, least, largest = panes.pop(f"{line}@{place[1]}")
            value = {"subject": line, "starts": place[1] * 1000, "count": count, "passed": passed, "total": total}
            value |= {"least": least, "largest": largest, "value": passed / total}
            await results.send(key=line.encode(), value=value)


if __name__ == "__main__":
    app.main()
