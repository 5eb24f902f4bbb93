"""Faust (faust-streaming): benchmarks/faust, exactly-once, RocksDB, one worker.

Its engineers' choices: a table by line and hour instead of a windowed one, see the program; web server off; a large stream buffer;
a linger, a commit each five seconds.
"""

from benchmarks.broker import Broker
from benchmarks.contenders.contender_process import Program, run
from benchmarks.contenders.epoch_results import read_epoch_results
from benchmarks.contenders.python_environment import python_of
from benchmarks.event_loading import load
from benchmarks.event_set import LATENESS, EventSet
from benchmarks.measurement import Measurement
from tests.support.kafka_server import REPOSITORY

_SCRIPT = REPOSITORY / "benchmarks" / "faust" / "hourly_yield.py"


def measure(broker: Broker, events: EventSet) -> Measurement:
    """One run. Raises Incomplete; RuntimeError when it cannot be installed."""
    python = python_of("faust")
    application = f"benchmark-faust-{events.name}"

    def command(source: str, sink: str, folder: object) -> list[str]:
        settings = {
            "BROKER": broker.bootstrap_servers,
            "SOURCE": source,
            "SINK": sink,
            "APPLICATION": application,
            "STATE": f"{folder}/state",
            "LATENESS_HOURS": str(int(LATENESS.total_seconds() // 3600)),
        }
        assignments = [f"{name}={value}" for name, value in settings.items()]
        return ["env", *assignments, str(python), "-W", "ignore", str(_SCRIPT), "worker", "-l", "warn"]

    program = Program(name="Faust", command=command, read=read_epoch_results())
    try:
        return run(broker, program, events=events, topic=load(broker, events))
    finally:
        broker.forget_group(application)
        broker.delete_beginning(application)
