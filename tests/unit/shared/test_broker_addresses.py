"""Where brokers are, as a setting says."""

import pytest

from shared.eventlog.kafka_cluster import addresses


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
    assert addresses(setting) == read
