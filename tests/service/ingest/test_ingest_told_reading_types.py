"""The other services are told of reading types: of each version once, and of those from before anybody was told."""

from typing import Any

from sqlalchemy import delete

from services.ingest.adapters.tables import TOLD_READING_TYPES
from shared.database.engine import Database
from shared.events.reading_types import MeasureDefined, ReadingTypeDefined
from shared.events.topics import READING_TYPES
from tests.service.ingest.alone import Alone

REPAIR: dict[str, Any] = {
    "dimensions": ["line", "product"],
    "measures": {"duration": {"unit": "min", "minimum": 0}, "cost": {"unit": "1", "optional": True}},
}


def told(andon: Alone) -> list[tuple[str, int]]:
    """(Name, version) of all that is told but of the type that was there first."""
    events = [data for _, data in andon.events(READING_TYPES, ReadingTypeDefined)]
    return [(data.name, data.version) for data in events if data.name != "inspection"]


def test_each_version_is_told_once_with_its_units(andon: Alone) -> None:
    andon.put("reading-types/repair", REPAIR)
    andon.settle()
    [_, (kind, first)] = andon.events(READING_TYPES, ReadingTypeDefined)
    assert kind == "andon.reading-type.defined.v1"
    assert first == ReadingTypeDefined(
        "repair",
        1,
        ["line", "product"],
        {"duration": MeasureDefined("min"), "cost": MeasureDefined("1", optional=True)},
    )
    andon.put("reading-types/repair", REPAIR)
    andon.settle()
    andon.put("reading-types/repair", REPAIR | {"dimensions": ["line"]})
    andon.settle()
    andon.restart()
    andon.settle()
    assert told(andon) == [("repair", 1), ("repair", 2)]


def test_what_was_stored_before_anybody_was_told_is_told_after_the_start(andon: Alone, tmp_path: Any) -> None:
    andon.put("reading-types/repair", REPAIR)
    andon.settle()
    with Database(f"sqlite:///{tmp_path / 'ingest.db'}").writing() as connection:
        connection.change(delete(TOLD_READING_TYPES))
    andon.restart()
    andon.settle()
    assert told(andon) == [("repair", 1), ("repair", 1)]
