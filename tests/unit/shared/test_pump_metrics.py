"""What services count of their consumers."""

from prometheus_client import CollectorRegistry

from shared.eventlog.port import LogUnavailable, Partition
from shared.eventlog.pump_metrics import PumpMetrics
from shared.eventlog.pump_observer import Outcome, PumpObserver
from shared.telemetry.metrics import MetricFactory

PLACE = {"consumer": "issues.anomalies", "topic": "anomalies", "partition": "1"}
PARTITION = Partition("anomalies", 1)


def observed() -> tuple[CollectorRegistry, PumpObserver]:
    registry = CollectorRegistry()
    return registry, PumpMetrics(MetricFactory(registry, "issues")).of("issues.anomalies")


def test_batches_are_timed_by_outcome() -> None:
    registry, observer = observed()
    observer.handled(Outcome.HANDLED, 5, 0.02)
    observer.handled(Outcome.FAILED, 2, 0.01)
    labels = {"consumer": "issues.anomalies", "outcome": "failed"}
    assert registry.get_sample_value("andon_issues_consumer_batch_seconds_count", labels) == 1
    assert registry.get_sample_value("andon_issues_consumer_records_total", labels) == 2


def test_expected_trouble_and_dead_letters_are_counted() -> None:
    registry, observer = observed()
    observer.retried(LogUnavailable("away"))
    observer.dead_letter("anomalies", "malformed-json")
    retry = {"consumer": "issues.anomalies", "error": "LogUnavailable"}
    letter = {"consumer": "issues.anomalies", "topic": "anomalies", "reason": "malformed-json"}
    assert registry.get_sample_value("andon_issues_consumer_retries_total", retry) == 1
    assert registry.get_sample_value("andon_issues_dead_letters_total", letter) == 1


def test_an_unknown_lag_leaves_what_was_known() -> None:
    registry, observer = observed()
    observer.lag(PARTITION, 7, 12.5)
    observer.lag(PARTITION, None, None)
    assert registry.get_sample_value("andon_issues_consumer_lag_records", PLACE) == 7
    assert registry.get_sample_value("andon_issues_consumer_lag_seconds", PLACE) == 12.5


def test_a_lost_partition_is_shown_no_longer() -> None:
    registry, observer = observed()
    observer.lag(PARTITION, 7, 12.5)
    observer.lost(PARTITION)
    observer.lost(PARTITION)
    assert registry.get_sample_value("andon_issues_consumer_lag_seconds", PLACE) is None
