"""The setting decides which log is opened, and Kafka's client is imported for Kafka only."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.eventlog.embedded import EmbeddedLog
from shared.eventlog.factory import LogChoice, open_log
from shared.eventlog.kafka_log import KafkaLog
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds

REPOSITORY = Path(__file__).resolve().parents[2]


def opened(choice: LogChoice) -> object:
    log = open_log(choice, clock=SystemClock(), ids=CountingIds())
    log.close()
    return log


def test_embedded_makes_its_folder(tmp_path: Path) -> None:
    assert isinstance(opened(LogChoice("embedded", tmp_path / "data" / "log")), EmbeddedLog)
    assert (tmp_path / "data" / "log" / "log.db").exists()


@pytest.mark.network
def test_kafka_is_opened_without_a_broker(tmp_path: Path) -> None:
    choice = LogChoice("kafka", tmp_path, bootstrap_servers="127.0.0.1:9", topic_prefix="p.")
    assert isinstance(opened(choice), KafkaLog)
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_log_needs_no_kafka_client(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from shared.eventlog.factory import LogChoice, open_log
from shared.runtime.clock import SystemClock
from shared.runtime.identifiers import CountingIds
open_log(LogChoice("embedded", Path({str(tmp_path)!r})), clock=SystemClock(), ids=CountingIds()).close()
assert not {{"kafka", "confluent_kafka"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY, timeout=60)
