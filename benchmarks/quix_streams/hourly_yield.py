"""Hourly panes per line with Quix Streams; run by the Python of its own environment.

Arguments: bootstrap servers, input topic, output topic, consumer group, state folder, hours of lateness.
"""

import sys
from datetime import datetime

from quixstreams import Application
from quixstreams.dataframe.windows import Count, Max, Min, Sum

HOUR_MS = 3_600_000


def event_time(value, headers, timestamp, timestamp_type):
    return int(datetime.fromisoformat(value["time"]).timestamp() * 1000)


def measures(value):
    data = value["data"]
    return {"passed": float(data["passed"]), "total": float(data["total"])}


def result(value, key, timestamp, headers):
    return {
        "subject": key,
        "starts": value["start"],
        "count": value["count"],
        "passed": value["passed"],
        "total": value["total"],
        "least": value["least"],
        "largest": value["largest"],
        "value": value["passed"] / value["total"],
    }


def main(servers, source, sink, group, folder, lateness):
    app = Application(
        broker_address=servers,
        consumer_group=group,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        state_dir=folder,
        commit_interval=5.0,
        loglevel="WARNING",
        auto_create_topics=True,
        consumer_extra_config={"fetch.min.bytes": 65536, "max.partition.fetch.bytes": 4 * 1024 * 1024},
        producer_extra_config={"linger.ms": 100, "batch.size": 512 * 1024},
    )
    events = app.topic(source, key_deserializer="str", value_deserializer="json", timestamp_extractor=event_time)
    panes = app.topic(sink, key_serializer="str", value_serializer="json")
    frame = app.dataframe(events).apply(measures)
    frame = (
        frame.tumbling_window(duration_ms=HOUR_MS, grace_ms=int(lateness) * HOUR_MS)
        .agg(count=Count(), passed=Sum("passed"), total=Sum("total"), least=Min("passed"), largest=Max("passed"))
        .final(closing_strategy="partition")
    )
    frame.apply(result, metadata=True).to_topic(panes)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
