"""What every service counts of its consumers, under the same nouns: `andon_<service>_consumer_…`, `andon_<service>_dead_letters_total`."""

from dataclasses import dataclass

from shared.eventlog.port import Partition
from shared.eventlog.pump_observer import Outcome
from shared.telemetry.metrics import MetricFactory

_PLACE = ("consumer", "topic", "partition")


class PumpMetrics:
    """The consumers of one service; `of` gives each pump its observer."""

    def __init__(self, make: MetricFactory) -> None:
        self.seconds = make.seconds(
            "consumer_batch", "Time a consumer took for one batch of records.", ["consumer", "outcome"]
        )
        self.records = make.counter(
            "consumer_records", "Records given to a consumer, by what became of the batch.", ["consumer", "outcome"]
        )
        self.retries = make.counter(
            "consumer_retries", "Polls that met expected trouble and are tried again.", ["consumer", "error"]
        )
        self.dead_letters = make.counter(
            "dead_letters", "Records put with the dead letters.", ["consumer", "topic", "reason"]
        )
        self.lag_records = make.gauge(
            "consumer_lag_records", "Records of a partition that are not handled yet.", _PLACE
        )
        self.lag_seconds = make.gauge(
            "consumer_lag_seconds", "Age of the oldest record of a partition that is not handled yet.", _PLACE
        )

    def of(self, consumer: str) -> "ConsumerMetrics":
        """The observer of one consumer's pump."""
        return ConsumerMetrics(self, consumer)


@dataclass(frozen=True, slots=True)
class ConsumerMetrics:
    """A `PumpObserver`. Figures of a partition that was lost are taken away, as another process shows them now."""

    metrics: PumpMetrics
    consumer: str

    def handled(self, outcome: Outcome, records: int, seconds: float) -> None:
        self.metrics.seconds.labels(self.consumer, outcome).observe(seconds)
        self.metrics.records.labels(self.consumer, outcome).inc(records)

    def retried(self, error: Exception) -> None:
        self.metrics.retries.labels(self.consumer, type(error).__name__).inc()

    def dead_letter(self, topic: str, reason: str) -> None:
        self.metrics.dead_letters.labels(self.consumer, topic, reason).inc()

    def lag(self, partition: Partition, records: int | None, seconds: float | None) -> None:
        place = (self.consumer, partition.topic, str(partition.number))
        if records is not None:
            self.metrics.lag_records.labels(*place).set(records)
        if seconds is not None:
            self.metrics.lag_seconds.labels(*place).set(seconds)

    def lost(self, partition: Partition) -> None:
        place = (self.consumer, partition.topic, str(partition.number))
        self.metrics.lag_records.remove(*place)
        self.metrics.lag_seconds.remove(*place)
