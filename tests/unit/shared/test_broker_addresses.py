"""Where brokers are, as a setting says."""

import pytest
from pydantic import ValidationError

from shared.eventlog.kafka_cluster import addresses
from shared.runtime.settings import ProcessSettings


@pytest.mark.parametrize(
    ("setting", "read"),
    [
        ("kafka:9092", [("kafka", 9092)]),
        ("one:19092, two:29092", [("one", 19092), ("two", 29092)]),
        ("kafka", [("kafka", 9092)]),
        ("[::1]:9093,[::1]", [("::1", 9093), ("::1", 9092)]),
    ],
)
def test_hosts_and_ports_are_read(setting: str, read: list[tuple[str, int]]) -> None:
    assert addresses(ProcessSettings(kafka_bootstrap_servers=setting).kafka_bootstrap_servers) == read


@pytest.mark.parametrize("setting", ["", "kafka:ninety", "one:9092,", "one:9092 two:9092", "kafka://one:9092"])
def test_what_names_no_broker_is_refused_with_the_remedy(setting: str) -> None:
    with pytest.raises(ValidationError, match="write host:port"):
        ProcessSettings(kafka_bootstrap_servers=setting)
