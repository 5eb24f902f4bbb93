"""Topics: a reference page, and the list for whoever creates them on a broker by hand."""

from collections.abc import Iterator
from datetime import timedelta

from shared.eventlog.kafka_options import topic_settings
from shared.eventlog.port import TopicSpec
from shared.events.topics import RAW_PARTITIONS, RAW_RETENTION, TOPICS, Topic, raw_topic
from tools.reference.document import Document, hashed, markdown, table

RAW = Topic(
    raw_topic("<source>"),
    "the source's own producers",
    "the producer's",
    "one CloudEvent (structured or binary mode), or NDJSON, per record",
    ("ingest",),
    RAW_PARTITIONS,
    RAW_RETENTION,
)

_INTRODUCTION = (
    "Andon creates its topics when it starts. Where that is not allowed, create them from `deploy/kafka/topics.yaml` first; the "
    "number of partitions is stored with the offsets and must not change afterwards. With `ANDON_KAFKA_TOPIC_PREFIX` set, each "
    "name begins with the prefix. Records without a retention are deleted by Andon itself, below the offsets it has stored. "
    "Payloads: [asyncapi.yaml](asyncapi.yaml)."
)


def documents() -> Iterator[Document]:
    rows = [_row(topic) for topic in (RAW, *TOPICS)]
    heading = ("topic", "owner", "key", "payload", "read by", "partitions", "retention")
    yield markdown("docs/reference/topics.md", "Topics", _INTRODUCTION, table(heading, rows))
    yield hashed("deploy/kafka/topics.yaml", _broker_list())


def _row(topic: Topic) -> tuple[str, ...]:
    return (
        f"`{topic.name}`",
        topic.owner,
        topic.key,
        topic.payload,
        ", ".join(topic.read_by),
        str(topic.partitions),
        _days(topic.retention),
    )


def _days(retention: timedelta | None) -> str:
    return "by Andon" if retention is None else f"{retention / timedelta(days=1):g} days"


def _broker_list() -> Iterator[str]:
    yield "# Names stand without ANDON_KAFKA_TOPIC_PREFIX; the last one is made once per source that has Kafka producers."
    yield "topics:"
    for topic in (*TOPICS, RAW):
        spec = TopicSpec(topic.name, topic.partitions, topic.retention)
        yield f"  - name: {spec.name}"
        yield f"    partitions: {spec.partitions}"
        yield "    config:"
        yield from (f'      {name}: "{value}"' for name, value in topic_settings(spec).items())
