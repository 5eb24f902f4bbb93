"""Event sets onto the broker, once: a topic that holds the whole set already is left as it is."""

from confluent_kafka import Producer

from benchmarks.broker import Broker
from benchmarks.event_set import SOURCE, EventSet
from shared.eventlog.kafka_options import topic_settings
from shared.eventlog.port import TopicSpec
from shared.events.topics import RAW_PARTITIONS, raw_topic


def prefix_of(events: EventSet) -> str:
    """Of the installation that reads this set."""
    return f"{events.name}."


def raw_topic_of(events: EventSet) -> str:
    """The topic, as the broker knows it, that every contender reads."""
    return prefix_of(events) + raw_topic(SOURCE)


def load(broker: Broker, events: EventSet) -> str:
    """Make sure that the broker holds the set, keyed by subject; returns the topic."""
    topic = raw_topic_of(events)
    if broker.records(topic) == events.events + events.closing_events:
        return topic
    settings = topic_settings(TopicSpec(topic, RAW_PARTITIONS, None))
    broker.create([topic], settings)
    producer = Producer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "partitioner": "murmur2_random",  # as Kafka's own clients
            "linger.ms": 20,
            "batch.size": 512 * 1024,
            "queue.buffering.max.messages": 200_000,
        }
    )
    for chunk in events.chunks():
        waiting = [{"key": key, "value": value} for key, value in chunk]
        while waiting:
            producer.produce_batch(topic, waiting)
            waiting = [one for one in waiting if one.pop("_error", None) is not None]
            producer.poll(0.05 if waiting else 0)
    producer.flush()
    loaded = broker.records(topic)
    if loaded != events.events + events.closing_events:
        raise RuntimeError(f"{topic} holds {loaded} records instead of {events.events + events.closing_events}")
    return topic
