"""The limit of the client: Kafka's own consumer performance tool, which reads every record and does nothing with it."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.broker import Broker
from benchmarks.contenders import maven
from benchmarks.event_loading import load
from benchmarks.event_set import EventSet
from benchmarks.measurement import Measurement

PART = "end-to-end"
NAME = "client limit (Kafka's own tool)"
_TOOL = "org.apache.kafka.tools.ConsumerPerformance"
_KIBIBYTE = 1024


def measure(broker: Broker, events: EventSet) -> Measurement:
    """One run, start of the JVM included. Raises RuntimeError when the tool fails."""
    topic = load(broker, events)
    read = events.events + events.closing_events
    where = ["--bootstrap-server", broker.bootstrap_servers, "--topic", topic]
    amount = ["--num-records", str(read), "--timeout", "60000"]
    command = maven.command("client_limit", _TOOL, java_options=["-Xmx1g"], arguments=[*where, *amount])
    folder = Path(tempfile.mkdtemp())
    began = time.monotonic()
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    ended = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    told = (folder / "output.log").read_text()
    shutil.rmtree(folder)
    if process.returncode != 0:
        raise RuntimeError(f"{NAME}: {told[-2000:]}")
    return Measurement(
        part=PART,
        contender=NAME,
        case=f"{events.events:,} events, {events.subjects:,} subjects",
        events=events.events,
        wall_seconds=ended - began,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_memory_bytes=used.ru_maxrss * _KIBIBYTE,
    )
