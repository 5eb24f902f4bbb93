"""What Andon says of the flights, read over HTTP, and when it has come to rest."""

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.cli.client import Client
from services.cli.demo.expected_values import NEW_YORK, Span, Subject

Json = Mapping[str, Any]

_LAG = re.compile(r"^andon_\w+_consumer_lag_records\{.*\} (\S+)$", re.MULTILINE)
_OUTBOX = re.compile(r"^andon_\w+_outbox_oldest_age_seconds(?:\{.*\})? (\S+)$", re.MULTILINE)
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Observation:
    """All that is shown about the flights, at one moment."""

    values: Mapping[str, Sequence[Json]]
    """Indicator → its values."""
    anomalies: Sequence[Json]
    withdrawn: Sequence[Json]
    """Anomalies that later flights have undone; the issue they had opened keeps them as occurrences."""
    issues: Sequence[Json]
    attainment: Sequence[Json]
    goal_names: Mapping[str, str]
    """Id of a goal → its name."""

    @property
    def open_windows(self) -> int:
        return sum(value["status"] == "provisional" for series in self.values.values() for value in series)


def observe(client: Client, indicators: Sequence[str], period: str) -> Observation:
    """Read everything, page by page. Raises CallFailed."""
    goal_set = client.get(f"/v1/goal-sets/{period}")
    return Observation(
        values={name: client.everything(f"/v1/indicators/{name}/values") for name in indicators},
        anomalies=client.everything("/v1/anomalies"),
        withdrawn=client.everything("/v1/anomalies", {"state": "withdrawn"}),
        issues=client.everything("/v1/issues"),
        attainment=client.get(f"/v1/goal-sets/{period}/attainment")["items"],
        goal_names={goal["id"]: goal["name"] for goal in goal_set["goals"]},
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """The last observation; `at_rest` is False if time ran out before nothing moved any more."""

    observation: Observation
    at_rest: bool


def wait_until_settled(client: Client, indicators: Sequence[str], period: str, *, within_seconds: float) -> Settled:
    """Observe until every window is final, nothing waits in a topic or an outbox, and two observations are the same."""
    deadline = time.monotonic() + within_seconds
    pause = threading.Event()
    before = observe(client, indicators, period)
    while time.monotonic() < deadline:
        pause.wait(_PAUSE_SECONDS)
        now = observe(client, indicators, period)
        if now == before and now.open_windows == 0 and any(now.values.values()) and _nothing_waits(client):
            return Settled(now, at_rest=True)
        before = now
    return Settled(before, at_rest=False)


def subject_of(item: Json) -> Subject:
    return tuple(item["subject"].items())


def span_of(window: Json) -> Span:
    """The window's local days; a bound that is not a local midnight is shown with its time, and so agrees with nothing."""
    return _local_day(window["start"]), _local_day(window["end"])


def _local_day(moment: str) -> str:
    local = datetime.fromisoformat(moment).astimezone(NEW_YORK)
    return local.date().isoformat() if (local.hour, local.minute, local.second) == (0, 0, 0) else local.isoformat()


def _nothing_waits(client: Client) -> bool:
    metrics = client.text("/metrics")
    return not any(float(found) for found in _LAG.findall(metrics) + _OUTBOX.findall(metrics))
