"""What becomes of an activity's trouble: expected trouble is a warning and a counter, everything else an error."""

from prometheus_client import CollectorRegistry

from shared.telemetry.logging import logger
from shared.telemetry.metrics import MetricFactory


class ActivityObserver:
    """Logs and counts what the supervisor reports. See `shared.runtime.supervisor.Observer`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        metrics = MetricFactory(registry, "process")
        self._log = logger("process")
        self._up = metrics.gauge(
            "activity_up", "1 while a background activity runs, 0 once it has failed.", ["activity"]
        )
        self._retries = metrics.counter(
            "activity_retries", "Steps that met expected trouble and are tried again.", ["activity", "error"]
        )

    def started(self, activity: str) -> None:
        self._up.labels(activity).set(1)

    def retried(self, activity: str, error: Exception) -> None:
        self._retries.labels(activity, type(error).__name__).inc()
        self._log.warning("activity_retried", activity=activity, error=f"{type(error).__name__}: {error}")

    def failed(self, activity: str, error: BaseException) -> None:
        self._up.labels(activity).set(0)
        self._log.error("activity_failed", activity=activity, exc_info=error)

    def abandoned(self, activity: str) -> None:
        self._log.warning("activity_abandoned", activity=activity)
