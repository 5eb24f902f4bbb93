"""What each version of a definition says otherwise than the one before."""

from collections.abc import Mapping
from typing import Any

from services.analytics.domain.catalogue import DefinedVersion, Definition
from services.analytics.domain.definition_changes import FieldChange, with_changes
from tests.unit.analytics.examples import NOW


def defined(number: int, body: Mapping[str, Any]) -> DefinedVersion:
    return DefinedVersion(Definition("rule", "steady", number, number, body), NOW, "Li Wei")


def test_each_version_is_compared_with_the_one_before() -> None:
    bodies = [
        {"target": 1, "mode": "live"},
        {"target": 2, "mode": "live"},
        {"mode": "observe", "of": 3},
        {"mode": "observe", "of": 3},
    ]
    versions = [defined(number, body) for number, body in enumerate(bodies, start=1)]
    found = with_changes(versions)
    assert [one.version for one in found] == versions
    assert [one.changes for one in found] == [
        [],
        [FieldChange("target", 1, 2)],
        [FieldChange("mode", "live", "observe"), FieldChange("of", None, 3), FieldChange("target", 2, None)],
        [],
    ]
    assert with_changes([]) == []
