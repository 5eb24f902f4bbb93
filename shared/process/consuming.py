"""A consumer of one topic of CloudEvents: the pump around its handler, with dead letters and metrics."""

from dataclasses import dataclass
from datetime import timedelta

from shared.eventlog.dead_letters import DeadLetters
from shared.eventlog.event_handler import EventHandler
from shared.eventlog.handler import Subscription
from shared.eventlog.pump import Pump
from shared.eventlog.pump_metrics import PumpMetrics
from shared.process.platform import Platform
from shared.process.service import OPERATIONAL_ERRORS
from shared.runtime.component import Activity
from shared.telemetry.logging import Logger

_SOON = timedelta(milliseconds=5)


@dataclass(frozen=True, slots=True)
class Consuming:
    """Makes the consumers of one service."""

    platform: Platform
    metrics: PumpMetrics
    logger: Logger

    def activity(self, handler: EventHandler, topic: str) -> Activity:
        """Feeds a handler from a topic, in the consumer group of the handler's name."""
        name = handler.consumer
        subscription = Subscription(
            name=name, group=name, topics=[topic], wait=self.platform.poll_wait, retry_on=OPERATIONAL_ERRORS
        )
        pump = Pump(
            subscription,
            log=self.platform.log,
            handler=handler,
            logger=self.logger,
            dead_letters=DeadLetters(self.platform.log, name, (topic,)),
            observer=self.metrics.of(name),
        )
        return Activity(pump, rest=_SOON)
