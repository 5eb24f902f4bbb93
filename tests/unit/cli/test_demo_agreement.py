"""A figure that differs is found and named."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from services.cli.demo.agreement import compare, compare_sending
from services.cli.demo.expectation import Attained, Episode, Expectation
from services.cli.demo.expected_values import Value
from services.cli.demo.observation import Observation
from services.cli.demo.sending import Planned, Sent

UA = (("carrier", "UA"),)
FIRST, SECOND = ("2013-03-04", "2013-03-11"), ("2013-03-11", "2013-03-18")
WINDOWS = [  # the second ends when clocks have gone forward
    {"start": "2013-03-04T05:00:00Z", "end": "2013-03-11T04:00:00Z"},
    {"start": "2013-03-11T04:00:00Z", "end": "2013-03-18T04:00:00Z"},
]

EXPECTED = Expectation(
    values={("on-time", UA): {FIRST: Value(1, 2, 3, judged=True), SECOND: Value(0, 0, 1, judged=False)}},
    episodes=frozenset({Episode("goal company", "on-time", UA, FIRST, SECOND)}),
    issues={("on-time", UA): 1},
    attained={"company": Attained(1, 2, is_met=False)},
)


def value(number: int, **facts: Any) -> dict[str, Any]:
    return {"subject": {"carrier": "UA"}, "window": WINDOWS[number], "status": "final", "judgement": "judged", **facts}


def observed() -> dict[str, Any]:
    """What agrees with EXPECTED, in lists that a test may spoil."""
    return {
        "values": {
            "on-time": [
                value(0, value=0.5, numerator=1.0, denominator=2.0, sample_size=3),
                value(1, value=None, numerator=0.0, denominator=0.0, sample_size=1, judgement="insufficient"),
            ]
        },
        "anomalies": [
            {
                "goal_id": "g1",
                "rule": "goal:g1",
                "indicator": "on-time",
                "subject": {"carrier": "UA"},
                "raised_window": WINDOWS[0],
                "cleared_window": WINDOWS[1],
            }
        ],
        "withdrawn": [],
        "issues": [{"indicator": "on-time", "subject": {"carrier": "UA"}, "occurrences": 1}],
        "attainment": [{"goal": "company", "numerator": 1.0, "denominator": 2.0, "is_met": False}],
        "goal_names": {"g1": "company"},
    }


def wrong(found: dict[str, Any]) -> list[str]:
    return [check.what for check in compare(Observation(**found), EXPECTED) if check.differences]


def test_what_agrees_has_no_differences_and_everything_is_compared() -> None:
    checks = list(compare(Observation(**observed()), EXPECTED))
    assert [(check.compared, check.differences) for check in checks] == [(2, []), (1, []), (1, []), (1, [])]


Spoil = Callable[[dict[str, Any]], Any]

SPOILT: list[tuple[str, Spoil]] = [
    ("KPI values of on-time", lambda found: found["values"]["on-time"][0].update(value=0.5000001)),
    ("KPI values of on-time", lambda found: found["values"]["on-time"][0].update(sample_size=4)),
    ("KPI values of on-time", lambda found: found["values"]["on-time"][0].update(status="provisional")),
    ("KPI values of on-time", lambda found: found["values"]["on-time"][1].update(judgement="judged")),
    ("KPI values of on-time", lambda found: found["values"]["on-time"][0].update(window=WINDOWS[1])),
    ("KPI values of on-time", lambda found: found["values"]["on-time"].pop()),
    ("anomalies", lambda found: found["anomalies"][0].update(cleared_window=None)),
    ("anomalies", lambda found: found["anomalies"].clear()),
    ("issues and their occurrences", lambda found: found["issues"][0].update(occurrences=2)),
    ("attainment of goals", lambda found: found["attainment"][0].update(is_met=True)),
]


@pytest.mark.parametrize(("what", "spoil"), SPOILT)
def test_a_figure_that_differs_is_named(what: str, spoil: Spoil) -> None:
    found = observed()
    spoil(found)
    assert wrong(found) == [what]


def test_an_occurrence_that_was_withdrawn_is_not_expected() -> None:
    found = observed()
    found["issues"][0]["occurrences"] = 2
    found["withdrawn"] = [{"indicator": "on-time", "subject": {"carrier": "UA"}}]
    assert wrong(found) == []


def test_events_that_were_lost_or_refused_for_another_reason_are_named() -> None:
    planned = Planned(10, {"not-a-number": 1})
    assert not compare_sending(Sent(10, Counter({"not-a-number": 1})), planned).differences
    assert len(compare_sending(Sent(9, Counter({"not-a-number": 1})), planned).differences) == 1
    assert len(compare_sending(Sent(10, Counter({"not-finite": 1})), planned).differences) == 2
