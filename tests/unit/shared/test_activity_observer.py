"""What becomes of an activity's trouble: counted, and logged by name."""

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from shared.telemetry.operational_errors import ActivityObserver


def test_expected_trouble_is_a_warning_and_a_counter() -> None:
    registry = CollectorRegistry()
    observer = ActivityObserver(registry)
    observer.started("a.relay")
    with capture_logs() as lines:
        observer.retried("a.relay", TimeoutError("away"))
    labels = {"activity": "a.relay", "error": "TimeoutError"}
    assert registry.get_sample_value("andon_process_activity_retries_total", labels) == 1
    assert registry.get_sample_value("andon_process_activity_up", {"activity": "a.relay"}) == 1
    assert [(line["log_level"], line["activity"]) for line in lines] == [("warning", "a.relay")]


def test_a_failure_is_an_error_and_the_gauge_falls() -> None:
    registry = CollectorRegistry()
    observer = ActivityObserver(registry)
    observer.started("a.pump")
    with capture_logs() as lines:
        observer.failed("a.pump", ValueError("bug"))
        observer.abandoned("a.pump")
    assert registry.get_sample_value("andon_process_activity_up", {"activity": "a.pump"}) == 0
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("activity_failed", "error"),
        ("activity_abandoned", "warning"),
    ]
