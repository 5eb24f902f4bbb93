"""Kafka Streams: benchmarks/kafka_streams, exactly-once (v2), RocksDB behind a record cache, results when a window closes.

Its engineers' choices: keyed input, so no repartition; two threads for two cores; a cache of 256 MiB, a commit each second
(the default with exactly-once is 100 ms, and costs more); 10,000 records a poll; a binary serde for the state; Jackson's
streaming parser; the throughput collector.
"""

from benchmarks.broker import Broker
from benchmarks.contenders import maven
from benchmarks.contenders.contender_process import Program, run
from benchmarks.contenders.epoch_results import read_epoch_results
from benchmarks.event_loading import load
from benchmarks.event_set import LATENESS, EventSet
from benchmarks.measurement import Measurement

_JAVA = ("-Xms2g", "-Xmx2g", "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


def measure(broker: Broker, events: EventSet) -> Measurement:
    """One run. Raises Incomplete."""
    lateness = str(int(LATENESS.total_seconds() // 3600))
    application = f"benchmark-streams-{events.name}"
    program = Program(
        name="Kafka Streams",
        command=lambda source, sink, folder: maven.command(
            "kafka_streams",
            "andon.benchmark.HourlyYield",
            java_options=_JAVA,
            arguments=[broker.bootstrap_servers, source, sink, application, str(folder / "state"), lateness],
        ),
        read=read_epoch_results(),
    )
    try:
        return run(broker, program, events=events, topic=load(broker, events))
    finally:
        broker.forget_group(application)
        broker.delete_beginning(application)
