"""Apache Flink: benchmarks/flink_sql, SQL on the mini cluster, exactly-once, RocksDB.

Its engineers' choices: parallelism of two for two cores; object reuse; incremental checkpoints every five seconds, at which
results become visible; 512 MiB of managed memory for RocksDB; a windowing table function, whose two-phase aggregation merges
events before they reach the state; large fetches; the throughput collector.
"""

from benchmarks.broker import Broker
from benchmarks.contenders import maven
from benchmarks.contenders.contender_process import Program, run
from benchmarks.contenders.epoch_results import read_epoch_results
from benchmarks.event_loading import load
from benchmarks.event_set import LATENESS, EventSet
from benchmarks.measurement import Measurement

_OPENED = ("java.base/java.util", "java.base/java.lang", "java.base/java.net", "java.base/java.nio")
_JAVA = (
    "-Xms3g",
    "-Xmx3g",
    "-XX:+UseParallelGC",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
)


def measure(broker: Broker, events: EventSet) -> Measurement:
    """One run. Raises Incomplete."""
    lateness = str(int(LATENESS.total_seconds() // 3600))
    program = Program(
        name="Flink SQL",
        command=lambda source, sink, folder: maven.command(
            "flink_sql",
            "andon.benchmark.HourlyYieldSql",
            java_options=_JAVA,
            arguments=[broker.bootstrap_servers, source, sink, str(folder / "state"), lateness],
        ),
        read=read_epoch_results(),
    )
    return run(broker, program, events=events, topic=load(broker, events))
