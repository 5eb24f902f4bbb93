"""Rules on charts as people write them: what is refused, and that what is stored is read as the same rule."""

from typing import Any

import pytest

from services.analytics.domain.errors import InvalidDefinition
from services.analytics.domain.indicator import Formula, Indicator, RollingWindow
from services.analytics.domain.rule_fit import misfits
from services.analytics.domain.rule_form import read_rule, rule_body
from tests.unit.analytics.examples import indicator

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "control_chart", "run_rules": []}, "/run_rules", "write a list such as"),
    ({"kind": "control_chart", "run_rules": "N1"}, "/run_rules", "write a list such as"),
    ({"kind": "control_chart", "run_rules": ["N9"]}, "/run_rules", "use one of N1, N2"),
    ({"kind": "control_chart", "run_rules": ["N1", {"rule": "N1", "line": 2}]}, "/run_rules", "N1 stands in the list"),
    ({"kind": "control_chart", "run_rules": [{"rule": "N3", "line": 2}]}, "/run_rules", "N3 has no line"),
    ({"kind": "control_chart", "run_rules": [{"rule": "N2", "points": 26}]}, "/run_rules", "whole number up to 25"),
    ({"kind": "control_chart", "run_rules": [{"rule": "N5", "points": 3, "of": 2}]}, "/run_rules", "N5: "),
    ({"kind": "control_chart", "run_rules": [{"rule": "N1", "line": -1}]}, "/run_rules", "distance from the centre"),
    ({"kind": "control_chart", "chart": "pie"}, "/chart", "use one of xmr, t"),
    ({"kind": "control_chart", "baseline_windows": 4}, "/baseline_windows", "whole number from 5"),
    ({"kind": "control_chart", "constants": "rounded"}, "/constants", "use one of exact, printed"),
    ({"kind": "control_chart", "reports": "all"}, "/reports", "use one of worse, both"),
    ({"kind": "control_chart", "h": 5}, "/h", "is not a field"),
    ({"kind": "ewma", "lambda": 0}, "/lambda", "a number from 0.05 to 1"),
    ({"kind": "ewma", "L": "3"}, "/L", "is not a number"),
    ({"kind": "ewma", "limits": "wide"}, "/limits", "use one of exact, asymptotic"),
    ({"kind": "ewma", "centre": 10}, "/sigma", "write both centre and sigma"),
    ({"kind": "cusum", "sigma": 1}, "/centre", "write both centre and sigma"),
    ({"kind": "cusum", "centre": 10, "sigma": 0}, "/sigma", "number above 0"),
    ({"kind": "cusum", "centre": 10, "sigma": 1, "chart": "p"}, "/chart", "means nothing where centre"),
    ({"kind": "cusum", "h": 4, "head_start": 4}, "/head_start", "start below h, which is 4"),
]


@pytest.mark.parametrize(("fields", "pointer", "remedy"), WRONG)
def test_a_wrong_rule_is_refused_with_pointer_and_remedy(fields: dict[str, Any], pointer: str, remedy: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_rule("steady", 1, {"indicator": "first-pass-yield", **fields})
    assert [problem.pointer for problem in refused.value.errors] == [pointer]
    assert remedy in refused.value.errors[0].detail


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "control_chart"},
        {"kind": "control_chart", "run_rules": ["WE4", {"rule": "N2", "points": 8}, {"rule": "N7", "line": 0.5}]},
        {"kind": "control_chart", "chart": "p-prime", "baseline_windows": 30, "reports": "worse"},
        {"kind": "control_chart", "chart": "xbar-r", "constants": "printed"},
        {"kind": "ewma", "lambda": 0.1, "L": 2.814, "limits": "asymptotic"},
        {"kind": "cusum", "k": 0.25, "h": 8, "head_start": 4, "centre": 10, "sigma": 0.5},
    ],
)
def test_what_is_stored_is_the_same_rule(fields: dict[str, Any]) -> None:
    judged = read_rule("steady", 1, {"indicator": "first-pass-yield", **fields})
    stored = rule_body(judged)
    assert read_rule("steady", 1, stored) == judged
    assert rule_body(read_rule("steady", 1, stored)) == stored
    assert stored.items() >= fields.items()


def test_a_run_of_another_length_is_as_long_as_its_points() -> None:
    judged = read_rule(
        "steady",
        1,
        {
            "indicator": "x",
            "kind": "control_chart",
            "run_rules": [{"rule": "N2", "points": 8}, {"rule": "N5", "of": 4}],
        },
    )
    patterns = [(one.window, getattr(one, "needed", None)) for one in judged.condition.rules.rules]  # type: ignore[attr-defined]
    assert patterns == [(8, 8), (4, 2)]


ROLLING = RollingWindow("P4W", "P1W", "week", 4)


@pytest.mark.parametrize(
    ("fields", "about", "pointers"),
    [
        ({"kind": "control_chart", "chart": "c"}, indicator(), ["/chart"]),
        ({"kind": "control_chart", "chart": "xbar-r"}, indicator(), ["/chart"]),
        ({"kind": "cusum", "chart": "s"}, indicator(formula=Formula("mean", measure="minutes")), ["/chart"]),
        ({"kind": "control_chart", "chart": "c"}, indicator(formula=Formula("sum", measure="minutes")), []),
        ({"kind": "ewma", "chart": "p"}, indicator(formula=Formula("count")), ["/chart"]),
        ({"kind": "cusum", "chart": "u"}, indicator(formula=Formula("mean", measure="x")), ["/chart"]),
        ({"kind": "cusum", "chart": "u"}, indicator(), []),
        ({"kind": "ewma", "for_windows": 2, "of": 3}, indicator(window=ROLLING), ["/for_windows", "/of"]),
        ({"kind": "control_chart", "clear_after": 2}, indicator(window=ROLLING), ["/clear_after"]),
        ({"kind": "control_chart", "clear_after": 2}, indicator(), []),
    ],
)
def test_what_means_nothing_on_an_indicator(fields: dict[str, Any], about: Indicator, pointers: list[str]) -> None:
    judged = read_rule("steady", 1, {"indicator": "first-pass-yield", **fields})
    assert [problem.pointer for problem in misfits(judged, about)] == pointers
