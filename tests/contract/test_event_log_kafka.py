"""The event log on Kafka keeps the contract, on a real broker."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.eventlog.kafka_log import KafkaLog
from shared.eventlog.kafka_options import KafkaOptions
from shared.runtime.clock import SystemClock
from tests.contract.event_log_contract import EventLogContract


@pytest.mark.kafka
class TestKafka(EventLogContract):
    @pytest.fixture
    def log(self, kafka_bootstrap_servers: str, kafka_prefix: str) -> Iterator[KafkaLog]:
        log = KafkaLog(
            KafkaOptions(kafka_bootstrap_servers, kafka_prefix, session_timeout=timedelta(seconds=6)),
            SystemClock(),
        )
        yield log
        log.close()
