"""The unit of an indicator is checked against what ingest says of its reading type."""

from pathlib import Path

from tests.support.inspection_plant import DEFINITIONS
from tests.support.platform import one_thread


def test_a_unit_that_does_not_fit_the_reading_type_is_named(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.define(DEFINITIONS)
        andon.settle()
        assert andon.get("/v1/indicators/first-pass-yield").json()["problems"] == []
        andon.define({"indicators/first-pass-yield": DEFINITIONS["indicators/first-pass-yield"] | {"unit": "%"}})
        reading_type = DEFINITIONS["reading-types/inspection"]
        in_hours = reading_type["measures"]["passed"] | {"unit": "h", "at_most": None}
        andon.define(
            {"reading-types/inspection": reading_type | {"measures": reading_type["measures"] | {"passed": in_hours}}}
        )
        andon.settle()
        [problem] = andon.get("/v1/indicators/first-pass-yield").json()["problems"]
        assert problem == "its unit: the values are in hour by the reading type inspection, not in %; write hour"
