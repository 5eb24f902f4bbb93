"""What keeps the event log itself in order: once in the process, whichever services run."""

from collections.abc import Sequence

from shared.eventlog.factory import log_activities
from shared.eventlog.port import EventLog
from shared.runtime.component import Activity
from shared.telemetry.logging import logger


class LogUpkeep:
    """A component without a service: retention of the embedded log. On Kafka the broker sees to it, and nothing runs."""

    name = "eventlog"

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.activities: Sequence[Activity] = ()

    def start(self) -> None:
        """Make the activities; the supervisor drives them."""
        self.activities = log_activities(self._log, logger(self.name))

    def stop(self) -> None:
        """Close them. The log itself is closed by whoever opened it."""
        for activity in self.activities:
            activity.stepper.close()
        self.activities = ()

    def unready(self) -> Sequence[str]:
        """Never: services ask the log themselves."""
        return ()
