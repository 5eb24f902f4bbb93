"""A made-up plant in Berlin: two systems that send inspections of six lines, and what is to come of them."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
FIRST_DAY = date(2000, 1, 3)
"""A Monday, long ago: there is a day for each batch of the longest run, and none lies in the future."""
LATENESS = timedelta(days=2)
TARGET = 0.95
RUN = 2
"""Windows running that must miss the target."""
LINES_OF_SOURCE = {"mes-1": ("A", "B", "C"), "mes-2": ("D", "E", "F")}
LINES = tuple(line for lines in LINES_OF_SOURCE.values() for line in lines)
PRODUCTS = ("pump", "valve")
INSPECTED, MENDED_LATER = "inspection.completed", "inspection.repeated-"
"""Event types: the one that is known from the start, and the beginning of those that the sources learn on the way."""
MENDED_TYPES = 40

YIELD, PIECES, NEVER_MEASURED = "first-pass-yield", "pieces-inspected", "rework"
INDICATORS_COMPARED = (YIELD, PIECES)
RULE = "yield-below-95"
GOALS = {"2000": "A", "2001": "B"}
"""Goal set, a year, → the line that it has a goal for, which is the rule's target again."""


def source(mended: Collection[int] = ()) -> dict[str, Any]:
    """The mapping of a source that has learned some of the types that it learns later."""
    return {
        "reading_type": "inspection",
        "event_types": [INSPECTED, *(f"{MENDED_LATER}{number}" for number in sorted(mended))],
        "dimensions": {"line": "data.line", "product": "data.product"},
        "measures": {"inspected": "data.total", "passed": "data.passed"},
        "horizon": "unlimited",
    }


def definitions() -> dict[str, dict[str, Any]]:
    """Path below /v1 → body, in the order in which they are sent."""
    weekly = {"by": ["line"], "window": {"kind": "tumbling", "every": "week"}}
    daily = {"by": ["line", "product"], "window": {"kind": "tumbling", "every": "day"}}
    shared = {"reading_type": "inspection", "allowed_lateness": "P2D", "direction": "higher_is_better"}
    return {
        "calendars/berlin": {"time_zone": "Europe/Berlin", "week_starts": "monday"},
        "calendars/closed": {"working_hours": {}},  # deadlines that run in it pass at once
        "reading-types/inspection": {
            "dimensions": ["line", "product"],
            "measures": {
                "inspected": {"unit": "1", "minimum": 0},
                "passed": {"unit": "1", "minimum": 0, "at_most": "inspected"},
            },
        },
        **{f"sources/{name}": source() for name in LINES_OF_SOURCE},
        f"indicators/{YIELD}": {
            **shared,
            **weekly,
            "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
            "calendar": "berlin",
        },
        f"indicators/{PIECES}": {
            **shared,
            **daily,
            "formula": {"kind": "sum", "measure": "inspected"},
            "calendar": "berlin",
        },
        f"indicators/{NEVER_MEASURED}": {
            **shared,
            **weekly,
            "formula": {"kind": "count", "where": {"product": ["none"]}},
            "calendar": "closed",
        },
        f"rules/{RULE}": {
            "indicator": YIELD,
            "kind": "target",
            "comparator": ">=",
            "target": TARGET,
            "for_windows": RUN,
            "severity": "major",
            "opens_issue": True,
        },
    }


def goal_set(period: str) -> dict[str, Any]:
    """A goal for one line; periods that are not in GOALS lie before the first reading and judge nothing."""
    goal = {
        "name": "yield",
        "indicator": YIELD,
        "subject": {"line": GOALS.get(period, "A")},
        "comparator": ">=",
        "target": TARGET,
        "owner": "role:quality_manager",
        "breach_rule": {"for_windows": RUN},
    }
    return {"title": f"Quality {period}", "calendar": "berlin", "goals": [goal]}
