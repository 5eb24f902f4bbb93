"""`anomalies`: each change of an anomaly, to the issue that it concerns."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.issues.use_cases.follow_anomaly import AnomalyChanged, FollowAnomaly
from shared.eventlog.event_handler import EventHandler, Incoming, StartingOffsets
from shared.eventlog.handler import Unprocessable
from shared.events.anomalies import (
    ANOMALY_CLEARED,
    ANOMALY_RAISED,
    ANOMALY_UPDATED,
    ANOMALY_WITHDRAWN,
    AnomalySnapshot,
)
from shared.events.envelope import UnreadableEvent, decode, type_of
from shared.runtime.progress import PassedOver, Progress

_MISSING_DATA = "missing_data"
"""The kind of rule whose values are numbers of readings."""
CONSUMER = "issues.anomalies"
_TYPES = (ANOMALY_RAISED, ANOMALY_UPDATED, ANOMALY_CLEARED, ANOMALY_WITHDRAWN)


def anomalies_handler(follow: FollowAnomaly, starting_offsets: StartingOffsets) -> EventHandler:
    """The pump's handler for `anomalies`."""

    def apply(incoming: Sequence[Incoming], progress: Sequence[Progress], now: datetime) -> None:
        follow([_command(one) for one in incoming], progress, consumer=CONSUMER, now=now)

    return EventHandler(consumer=CONSUMER, starting_offsets=starting_offsets, apply=apply)


def _command(incoming: Incoming) -> AnomalyChanged | PassedOver:
    try:
        if type_of(incoming.record.value) not in _TYPES:
            return PassedOver(incoming.delivery)
        anomaly = decode(incoming.record.value, AnomalySnapshot).data
    except UnreadableEvent as error:
        raise Unprocessable("unreadable-event", incoming.record, str(error)) from error
    return AnomalyChanged(
        anomaly_id=anomaly.anomaly_id,
        state=anomaly.state,
        title=_title(anomaly),
        reason=anomaly.reason,
        rule=anomaly.rule,
        severity=anomaly.severity,
        indicator=anomaly.indicator,
        subject=anomaly.subject,
        direction=_distinction(anomaly),
        opens_issue=anomaly.opens_issue,
        goal_id=anomaly.goal_id,
        values=[msgspec.to_builtins(value) for value in anomaly.values],
        raised_at=anomaly.raised_at,
        evidence_until=max((value.window.end for value in anomaly.values), default=None),
        delivery=incoming.delivery,
    )


def _distinction(anomaly: AnomalySnapshot) -> str:
    """Missing data and a missed target are two troubles, for two people to deal with, though they share indicator and subject."""
    return f"data-{anomaly.direction}" if anomaly.rule_kind == _MISSING_DATA else anomaly.direction


def _title(anomaly: AnomalySnapshot) -> str:
    """`First-pass yield below 95 % target: line=A`, as far as it is known."""
    name = anomaly.indicator_title.get("en") or anomaly.indicator
    subject = ", ".join(f"{dimension}={value}" for dimension, value in anomaly.subject.items())
    trouble = f"{anomaly.direction} target {anomaly.target:g}"
    if anomaly.rule_kind == _MISSING_DATA:
        trouble = "lacks data" if anomaly.direction == "below" else "has too many readings"
    return f"{name} {trouble}" + (f": {subject}" if subject else "")
