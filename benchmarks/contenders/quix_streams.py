"""Quix Streams: benchmarks/quix_streams, exactly-once, RocksDB, one process.

Its engineers' choices: a single dataframe with one multiple aggregation per tumbling window, emitted once when the partition has
passed it; large fetches, a linger, a commit each five seconds (its default).
"""

from benchmarks.broker import Broker
from benchmarks.contenders.contender_process import Program, run
from benchmarks.contenders.epoch_results import read_epoch_results
from benchmarks.contenders.python_environment import python_of
from benchmarks.event_loading import load
from benchmarks.event_set import LATENESS, EventSet
from benchmarks.measurement import Measurement
from tests.support.kafka_server import REPOSITORY

_SCRIPT = REPOSITORY / "benchmarks" / "quix_streams" / "hourly_yield.py"


def measure(broker: Broker, events: EventSet) -> Measurement:
    """One run. Raises Incomplete; RuntimeError when it cannot be installed."""
    python = python_of("quix_streams")
    lateness = str(int(LATENESS.total_seconds() // 3600))
    group = f"benchmark-quix-{events.name}"
    program = Program(
        name="Quix Streams",
        command=lambda source, sink, folder: [
            *(str(python), "-W", "ignore", str(_SCRIPT)),
            *(broker.bootstrap_servers, source, sink, group, str(folder / "state"), lateness),
        ],
        read=read_epoch_results(),
    )
    try:
        return run(broker, program, events=events, topic=load(broker, events))
    finally:
        broker.forget_group(group)
        broker.delete_beginning(f"changelog__{group}")
