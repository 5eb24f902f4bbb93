"""Many small blocks: a thousand senders with one event each leave a thousand records where one would do.

From the log to the panes: the same readings folded and evaluated from blocks as ingest makes them of batches, and from blocks
of one reading each.
"""

from collections.abc import Iterator
from dataclasses import replace

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from benchmarks.andon.installation import Installation, fresh_installation
from benchmarks.andon.stages import BLOCKS_TO_VALUES, RAW_TO_BLOCKS, run_stage
from benchmarks.broker import PARTITIONS, Broker
from benchmarks.event_loading import load
from benchmarks.event_set import EventSet
from benchmarks.measurement import Measurement
from benchmarks.size import Size
from shared.events.blocks import decode_block, encode_block
from shared.events.topics import READINGS

PART = "small-blocks"
_DRIVER = "librdkafka"


def measure(broker: Broker, size: Size) -> Iterator[Measurement]:
    events = EventSet(size.small_block_events)
    load(broker, events)
    for how, splits in (("blocks of batches", False), ("a block for each reading", True)):
        with fresh_installation(broker, events, _DRIVER) as installation:
            run_stage(installation, RAW_TO_BLOCKS)
            if splits:
                _split(installation)
            yield replace(
                run_stage(installation, BLOCKS_TO_VALUES), part=PART, contender=f"Andon, log to KPI values: {how}"
            )


def _split(installation: Installation) -> None:
    """Replace the topic's blocks by blocks of one reading, each on the partition where it was."""
    topic, servers = installation.topic(READINGS), {"bootstrap.servers": installation.broker.bootstrap_servers}
    reader = Consumer({**servers, "group.id": "benchmarks.split", "auto.offset.reset": "earliest"})
    found = [
        (number, message.headers(), message.value() or b"")
        for number in range(PARTITIONS)
        for message in _all(reader, TopicPartition(topic, number, 0))
    ]
    reader.close()
    installation.broker.create([topic])
    writer = Producer({**servers, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    for number, headers, block in found:
        for one in decode_block(block).iter_slices(1):
            writer.produce(topic, encode_block(one), partition=number, headers=headers)
        writer.flush()


def _all(reader: Consumer, partition: TopicPartition) -> Iterator[Message]:
    _, end = reader.get_watermark_offsets(partition, timeout=30)
    reader.assign([partition])
    left = end
    while left > 0:
        for message in reader.consume(1_000, 1.0):
            left -= 1
            yield message
