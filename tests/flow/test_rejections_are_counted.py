"""Refused events are counted by source and reason, each once, however they are repeated."""

from pathlib import Path
from typing import Any

from tests.support.inspection_plant import DEFINITIONS
from tests.support.platform import START, one_thread
from tests.support.results import everything

REFUSED = {
    "reading_type": "andon-rejection",
    "formula": {"kind": "count"},
    "by": ["source", "reason"],
    "window": {"kind": "tumbling", "every": "day"},
    "direction": "lower_is_better",
}


def refused(number: int) -> dict[str, Any]:
    data = {"line": "A", "product": "pump", "total": "many", "passed": number}
    fixed = {"specversion": "1.0", "source": "mes-7", "type": "inspection.completed", "time": START.isoformat()}
    return {**fixed, "id": f"e{number}", "data": data}


def test_a_refused_event_counts_once_however_it_is_repeated(tmp_path: Path) -> None:
    with one_thread(tmp_path) as andon:
        andon.define(DEFINITIONS | {"indicators/rejected-events": REFUSED})
        andon.send([refused(number) for number in range(5)])
        andon.settle()
        for number in range(5, 8):
            andon.send([refused(number), refused(number - 2), refused(0)])
        andon.settle()
        [value] = everything(andon.get, "/v1/indicators/rejected-events/values")
        assert value["subject"] == {"source": "mes-7", "reason": "not-a-number"}
        assert (value["value"], value["sample_size"]) == (8, 8)
