"""Definitions that the tests of analytics have in common."""

from typing import Any

YIELD: dict[str, Any] = {
    "title": {"en": "First-pass yield", "zh": "一次交验合格率"},
    "reading_type": "inspection",
    "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
    "by": ["line"],
    "window": {"kind": "tumbling", "every": "week"},
    "direction": "higher_is_better",
    "minimum_sample": 30,
    "allowed_lateness": "PT2H",
}
BELOW_95: dict[str, Any] = {
    "indicator": "first-pass-yield",
    "kind": "target",
    "comparator": ">=",
    "target": 0.95,
    "for_windows": 2,
    "severity": "major",
    "opens_issue": True,
}
