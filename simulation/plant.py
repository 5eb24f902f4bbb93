"""What the simulated company defines: reading types, sources, indicators, rules and a goal set, and the changes it may make to them.

Measures are whole numbers, so that sums are exact and it does not matter in which order they were added.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Definition = Mapping[str, Any]

LINES = ("A", "B")
PRODUCTS = ("pump", "valve")
CHANNELS = ("phone", "chat")

SOURCES = ("mes-1", "mes-2", "crm")
LATE_SOURCE = "mes-3"
"""Registered only after it has sent for a while; until then its events lie in quarantine."""
GOAL_SET = "2026-03"

_INSPECTIONS = {
    "reading_type": "inspection",
    "event_types": ["inspection.completed"],
    "dimensions": {"line": "data.line", "product": "data.product"},
    "measures": {"inspected": "data.total", "passed": "data.passed"},
}

DEFINITIONS: dict[str, dict[str, Any]] = {
    "calendars/plant": {"time_zone": "Asia/Shanghai"},
    "reading-types/inspection": {
        "dimensions": ["line", "product"],
        "measures": {
            "inspected": {"unit": "1", "minimum": 0},
            "passed": {"unit": "1", "minimum": 0, "at_most": "inspected"},
        },
    },
    "reading-types/call": {"dimensions": ["channel"], "measures": {"minutes": {"unit": "min", "minimum": 0}}},
    "sources/mes-1": _INSPECTIONS,
    "sources/mes-2": _INSPECTIONS,
    "sources/crm": {
        "reading_type": "call",
        "event_types": ["call.ended"],
        "dimensions": {"channel": "data.channel"},
        "measures": {"minutes": "data.minutes"},
    },
    "indicators/first-pass-yield": {
        "reading_type": "inspection",
        "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
        "by": ["line"],
        "window": {"kind": "tumbling", "every": "day"},
        "calendar": "plant",
        "direction": "higher_is_better",
        "minimum_sample": 30,
        "allowed_lateness": "PT2H",
    },
    "indicators/units-of-line": {
        "reading_type": "inspection",
        "formula": {"kind": "sum", "measure": "inspected"},
        "by": ["line"],
        "window": {"kind": "tumbling", "every": "day"},
        "calendar": "plant",
        "direction": "higher_is_better",
    },
    "indicators/calls": {
        "reading_type": "call",
        "formula": {"kind": "count"},
        "window": {"kind": "tumbling", "every": "day"},
        "direction": "lower_is_better",
    },
    "indicators/call-minutes": {
        "reading_type": "call",
        "formula": {"kind": "mean", "measure": "minutes"},
        "by": ["channel"],
        "window": {"kind": "tumbling", "every": "week"},
        "direction": "lower_is_better",
    },
    "rules/yield-below-95": {
        "indicator": "first-pass-yield",
        "kind": "target",
        "comparator": ">=",
        "target": 0.95,
        "for_windows": 2,
        "severity": "major",
        "opens_issue": True,
    },
    "rules/too-many-calls": {
        "indicator": "calls",
        "kind": "target",
        "comparator": "<=",
        "target": 3,
        "opens_issue": True,
    },
    "rules/line-is-silent": {
        "indicator": "units-of-line",
        "kind": "missing_data",
        "minimum_readings": 2,
        "seen_within": 3,
        "severity": "minor",
        "opens_issue": True,
    },
    "rules/yield-slips": {
        "indicator": "first-pass-yield",
        "kind": "cusum",
        "centre": 0.98,
        "sigma": 0.02,
        "k": 0.25,
        "h": 1,
        "reports": "worse",
    },
}
"""In force before the seed begins, in the order in which they are defined."""

LATE_DEFINITION = (f"sources/{LATE_SOURCE}", _INSPECTIONS)

Named = tuple[str, dict[str, Any]]


class Addition(NamedTuple):
    """Definitions that may come later, in this order, and changes that may be made to them from then on."""

    definitions: tuple[Named, ...]
    changes: tuple[Named, ...]


CHANGES: tuple[Named, ...] = (
    ("rules/yield-below-95", {"target": 0.9}),
    ("rules/yield-below-95", {"for_windows": 1}),
    ("rules/yield-below-95", {"clear_after": 2, "subject": {"line": "A"}}),
    ("rules/too-many-calls", {"target": 5}),
    ("rules/too-many-calls", {"mode": "observe"}),
    ("rules/yield-below-95", {"opens_issue": False}),
    ("rules/line-is-silent", {"minimum_readings": 1, "late": "PT12H"}),
    ("rules/line-is-silent", {"seen_within": 6, "for_windows": 2}),
    ("rules/yield-slips", {"h": 2}),
    ("rules/yield-slips", {"head_start": 0.5, "clear_after": 2}),
    ("indicators/first-pass-yield", {"minimum_sample": 60}),
    ("indicators/first-pass-yield", {"allowed_lateness": "PT30M"}),
    ("indicators/first-pass-yield", {"formula": {
        "kind": "ratio", "numerator": "passed", "denominator": "inspected", "where": {"product": ["pump"]}}}),
    ("indicators/calls", {"window": {"kind": "tumbling", "every": "week"}}),
    ("indicators/call-minutes", {"formula": {"kind": "maximum", "measure": "minutes"}}),
    ("calendars/plant", {"time_zone": "Asia/Tokyo"}),
)  # fmt: skip
"""(which definition, what of it changes): each may be made once, at any moment."""

ADDITIONS: tuple[Addition, ...] = (
    Addition(
        (("indicators/good-units", {
            "formula": {"kind": "derived", "expression": "first-pass-yield × units-of-line"}, "by": ["line"],
            "window": {"kind": "tumbling", "every": "day"}, "calendar": "plant", "direction": "higher_is_better"}),
         ("rules/few-good-units", {
            "indicator": "good-units", "kind": "target", "comparator": ">", "target": 60, "severity": "minor"})),
        (("indicators/good-units", {"minimum_sample": 2}),),
    ),
    Addition(
        (("indicators/inspected-units", {
            "reading_type": "inspection", "formula": {"kind": "sum", "measure": "inspected"}, "by": ["product"],
            "window": {"kind": "tumbling", "every": "day"}, "direction": "higher_is_better"}),
         ("rules/few-units", {
            "indicator": "inspected-units", "kind": "target", "comparator": ">", "target": 100, "severity": "minor"}),
         ("rules/units-fell", {
            "indicator": "inspected-units", "kind": "change_from_previous", "more_than_share": 0.25, "reports": "worse"})),
        (("rules/units-fell", {"more_than_share": 0.5}),
         ("indicators/inspected-units", {"minimum_sample": 2})),
    ),
    Addition(
        (("indicators/rolling-yield", {
            "reading_type": "inspection", "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
            "by": ["line"], "window": {"kind": "rolling", "length": "P3D", "step": "P1D"}, "calendar": "plant",
            "direction": "higher_is_better", "allowed_lateness": "PT1H"}),
         ("rules/rolling-yield-below-97", {
            "indicator": "rolling-yield", "kind": "target", "comparator": ">=", "target": 0.97, "for_windows": 2})),
        (("indicators/rolling-yield", {"window": {"kind": "rolling", "length": "P2D", "step": "P1D"}}),
         ("rules/rolling-yield-below-97", {"for_windows": 2, "of": 4, "target": 0.98})),
    ),
    Addition(
        (("calendars/call-centre", {"time_zone": "America/New_York", "shifts": [
            {"name": "early", "starts": "06:00", "ends": "14:00"}, {"name": "late", "starts": "14:00", "ends": "22:00"},
            {"name": "night", "starts": "22:00", "ends": "06:00"}]}),
         ("indicators/calls-of-a-shift", {
            "reading_type": "call", "formula": {"kind": "count"}, "by": ["channel"], "calendar": "call-centre",
            "window": {"kind": "tumbling", "every": "shift"}, "direction": "lower_is_better"}),
         ("rules/busy-shift", {
            "indicator": "calls-of-a-shift", "kind": "target", "comparator": "<=", "target": 1, "opens_issue": True})),
        (("calendars/call-centre", {"time_zone": "Europe/Berlin"}),),
    ),
    Addition(
        (("indicators/shortest-call", {
            "reading_type": "call", "formula": {"kind": "minimum", "measure": "minutes"}, "by": ["channel"],
            "window": {"kind": "tumbling", "every": "month"}, "direction": "higher_is_better"}),),
        (("indicators/shortest-call", {"window": {"kind": "rolling", "length": "P2W", "step": "P1W"}}),),
    ),
)  # fmt: skip
"""The clocks of New York are put forward in the first week that a seed lives through."""

GOALS = {
    "title": "March",
    "goals": [
        {"name": "yield-a", "indicator": "first-pass-yield", "comparator": ">=", "target": 0.97, "owner": "Li Wei",
         "subject": {"line": "A"}},
        {"name": "few-calls", "indicator": "calls", "comparator": "<=", "target": 2, "owner": "Li Wei",
         "breach_rule": {"for_windows": 1, "severity": "minor"}},
    ],
}  # fmt: skip


def parse_path(path: str) -> tuple[str, str]:
    """`rules/yield` → (`PUT /v1/rules/{name}`, `yield`)."""
    kind, _, name = path.partition("/")
    return f"PUT /v1/{kind}/{{name}}", name


def owner_of(path: str) -> str:
    """The service that a definition belongs to."""
    return "ingest" if path.startswith(("reading-types/", "sources/")) else "analytics"
