"""An indicator that is computed from others breaches its target, and an issue is opened as by any other."""

import random
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.support.inspection_plant import DEFINITIONS, batches, expected
from tests.support.platform import one_thread
from tests.support.results import everything, observed

SQUARED: dict[str, Any] = {
    "title": {"en": "Yield of two stages alike", "zh": "两道相同工序的合格率"},
    "formula": {"kind": "derived", "expression": "first-pass-yield * first-pass-yield"},
    "by": ["line"],
    "window": {"kind": "tumbling", "every": "week"},
    "calendar": "plant-shanghai",
    "direction": "higher_is_better",
}
RULE = DEFINITIONS["rules/yield-below-95"] | {"indicator": "squared-yield", "target": 0.9025}


@pytest.mark.parametrize("seed", range(3))
def test_a_breach_of_a_derived_indicator_opens_the_issue_that_the_reference_has(tmp_path: Path, seed: int) -> None:
    """A yield is below 95 % where its square is below 90.25 %, so episodes and issues are those of the yield."""
    days = batches(seed)
    order = random.Random(seed)
    indicators = {path: body for path, body in DEFINITIONS.items() if not path.startswith("rules/")}
    derived_after = order.randrange(len(days))
    with one_thread(tmp_path) as andon:
        andon.define(indicators)
        for number, batch in enumerate(days):
            andon.send(batch)
            if number == derived_after:
                andon.define({"indicators/squared-yield": SQUARED, "rules/squared-below": RULE})
            if order.random() < 0.3:
                andon.settle(order)
        andon.settle(order)
        wanted = expected(days)
        seen = observed(andon.get)
        assert (seen.episodes, seen.issues) == (wanted.episodes, wanted.issues)
        assert {issue["indicator"] for issue in everything(andon.get, "/v1/issues")} <= {"squared-yield"}
        assert _values(everything(andon.get, "/v1/indicators/squared-yield/values")) == {
            (value.line, value.start): float(Fraction(int(value.numerator), int(value.denominator)) ** 2)
            for value in wanted.values
        }


def _values(items: list[dict[str, Any]]) -> dict[tuple[str, datetime], float]:
    return {(item["subject"]["line"], datetime.fromisoformat(item["window"]["start"])): item["value"] for item in items}
