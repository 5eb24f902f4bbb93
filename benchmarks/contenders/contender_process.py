"""Runs a contender's program against an event set and measures it from outside."""

import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.broker import WORK, Broker
from benchmarks.event_set import EventSet
from benchmarks.final_values import Incomplete, Read, wait_for_all
from benchmarks.measurement import Measurement
from benchmarks.process_usage import usage

PART = "end-to-end"
_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Program:
    """A contender, ready to be run.

    Attributes:
        command: from the names of the input and output topics and a folder of its own to the command line.
        read: reads its results.
        environment: added to the process's own.
    """

    name: str
    command: Callable[[str, str, Path], Sequence[str]]
    read: Read
    environment: Mapping[str, str] = field(default_factory=dict)
    patience_seconds: float = 1800


def run(broker: Broker, program: Program, *, events: EventSet, topic: str) -> Measurement:
    """One run from the start of the program until its last result is on the log.

    Raises:
        Incomplete: with the end of its output.
    """
    output = f"results.{secrets.token_hex(4)}"  # a new one each time: nothing of an earlier run can be in it or under way to it
    broker.create([output], {"max.message.bytes": str(16 * 1024 * 1024)})
    folder = WORK / "contender"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = program.command(topic, output, folder)
    with _started(command, program.environment, folder) as process:
        began = time.monotonic()
        try:
            seen = wait_for_all(
                broker,
                output,
                events=events,
                read=program.read,
                alive=lambda: process.poll() is None,
                patience_seconds=program.patience_seconds,
            )
        except Incomplete as error:
            raise Incomplete(f"{program.name}: {error}\n{_tail(folder)}") from error
        used, ended = usage([process.pid]), time.monotonic()
    broker.delete([output])
    return Measurement(
        part=PART,
        contender=program.name,
        case=f"{events.events:,} events, {events.subjects:,} subjects",
        events=events.events,
        wall_seconds=ended - began,
        cpu_seconds=used.cpu_seconds,
        peak_memory_bytes=used.peak_memory_bytes,
        figures={"results": seen.results, "results_replaced": seen.replaced},
    )


@contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(
            ["env", *(f"{name}={value}" for name, value in environment.items()), *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        process.kill()
        process.wait()


def _tail(folder: Path) -> str:
    return (folder / "output.log").read_text(errors="replace")[-3000:]
