"""The handler of event topics: progress from stored offsets, and a number accepted even for a record that was buried."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from services.analytics.entrypoints.goal_changes_consumer import _concerns_a_set
from services.goals.entrypoints.changes_consumers import _definition, _issue
from services.goals.entrypoints.kpi_values_consumer import _command as goals_command
from services.issues.entrypoints.anomalies_consumer import _command as issues_command
from services.issues.entrypoints.definitions_consumer import _command as definitions_command
from shared.eventlog.delivery import delivery_headers
from shared.eventlog.event_handler import BURIED, EventHandler, Incoming
from shared.eventlog.port import Partition, Record
from shared.runtime.progress import Delivery, PassedOver, Progress

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLACE = Partition("anomalies", 0)


def record(offset: int, value: bytes = b"garbage") -> Record:
    return Record(PLACE, offset, b"key", value, delivery_headers("analytics", offset + 1), NOON)


def stored(consumer: str, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
    return dict.fromkeys(partitions, 3)


def test_a_batch_moves_from_the_stored_offset_and_a_buried_record_keeps_its_number() -> None:
    seen: list[tuple[Sequence[Incoming], Sequence[Progress]]] = []
    handler = EventHandler(
        consumer="issues.anomalies",
        starting_offsets=stored,
        apply=lambda incoming, progress, now: seen.append((incoming, progress)),
    )
    handler.assigned([PLACE])
    assert handler.handle([record(3), record(4)], NOON) == {PLACE: 5}
    assert handler.skip(record(5), NOON) == {PLACE: 6}

    moved = [(one.expected_offset, one.next_offset) for _, progress in seen for one in progress]
    assert moved == [(3, 5), (5, 6)]
    (buried,) = seen[1][0]
    assert buried.record.value == BURIED
    assert buried.delivery == Delivery("analytics", "anomalies", 0, 6)


def test_what_is_delivered_again_does_not_take_the_position_back() -> None:
    """Records are deleted up to where a position once stood: one that went back could never be started from again."""
    seen: list[Sequence[Progress]] = []
    handler = EventHandler(
        consumer="issues.anomalies",
        starting_offsets=stored,
        apply=lambda incoming, progress, now: seen.append(progress),
    )
    handler.assigned([PLACE])
    assert handler.handle([record(1), record(2)], NOON) == {PLACE: 3}
    assert handler.handle([record(2), record(3)], NOON) == {PLACE: 4}
    assert [(one.expected_offset, one.next_offset) for progress in seen for one in progress] == [(3, 3), (3, 4)]


BURIED_ONE = Incoming(record(5, BURIED), Delivery("analytics", "anomalies", 0, 6))


@pytest.mark.parametrize("command", [goals_command, issues_command, definitions_command, _definition, _issue])
def test_every_consumer_passes_a_buried_record_over(command: object) -> None:
    assert callable(command)
    assert command(BURIED_ONE) == PassedOver(BURIED_ONE.delivery)


def test_analytics_passes_it_over_too() -> None:
    assert not _concerns_a_set(BURIED_ONE)
