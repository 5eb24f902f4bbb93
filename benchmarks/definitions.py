"""What Andon is told to compute from the event set: the hourly share of passed units per line."""

from collections.abc import Mapping
from typing import Any

from benchmarks.event_set import EVENT_TYPE, LATENESS, SOURCE

INDICATOR = "hourly-yield"

Definitions = Mapping[str, Mapping[str, Any]]
"""Path below /v1 → body."""

DEFINITIONS: Definitions = {
    "reading-types/inspection": {
        "dimensions": ["line", "product"],
        "measures": {
            "inspected": {"unit": "1", "minimum": 0},
            "passed": {"unit": "1", "minimum": 0, "at_most": "inspected"},
        },
    },
    f"sources/{SOURCE}": {
        "reading_type": "inspection",
        "event_types": [EVENT_TYPE],
        "dimensions": {"line": "data.line", "product": "data.product"},
        "measures": {"inspected": "data.total", "passed": "data.passed"},
        "horizon": "unlimited",
    },
    f"indicators/{INDICATOR}": {
        "title": {"en": "Hourly yield"},
        "reading_type": "inspection",
        "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
        "by": ["line"],
        "window": {"kind": "tumbling", "every": "hour"},
        "direction": "higher_is_better",
        "minimum_sample": 1,
        "allowed_lateness": f"PT{LATENESS.total_seconds() / 3600:.0f}H",
    },
}
