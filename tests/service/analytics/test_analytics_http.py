"""The HTTP interface of analytics: definitions, versions, refusals, pages, hostile input."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.analytics.domain.built_in import BUILT_IN
from shared.events.definitions import INDICATOR_DEFINED, IndicatorDefined
from shared.events.topics import DEFINITIONS
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        yield running


def test_a_definition_is_created_kept_and_changed(analytics: Alone) -> None:
    created = analytics.put("indicators/first-pass-yield", YIELD, expect=201)
    assert (created["name"], created["version"], created["computed_as"], created["problems"]) == (
        "first-pass-yield",
        1,
        1,
        [],
    )
    assert analytics.put("indicators/first-pass-yield", YIELD, expect=200)["version"] == 1
    renamed = analytics.put("indicators/first-pass-yield", YIELD | {"title": "Yield"}, expect=200)
    assert (renamed["version"], renamed["computed_as"], renamed["title"]) == (2, 1, {"en": "Yield"})
    redone = analytics.put("indicators/first-pass-yield", YIELD | {"by": []}, expect=200)
    assert (redone["version"], redone["computed_as"]) == (3, 3)
    assert analytics.get("indicators/first-pass-yield") == redone
    analytics.settle()
    published = [(kind, data.version) for kind, data in analytics.events(DEFINITIONS, IndicatorDefined)]
    assert published == [(INDICATOR_DEFINED, 1), (INDICATOR_DEFINED, 2), (INDICATOR_DEFINED, 3)]


def test_what_was_left_out_makes_no_new_version(analytics: Alone) -> None:
    analytics.put("indicators/first-pass-yield", YIELD)
    assert analytics.put("indicators/first-pass-yield", YIELD | {"unit": "1", "idle_timeout": "PT60M"})["version"] == 1
    assert analytics.put("rules/yield-below-95", BELOW_95, expect=201)["for_windows"] == 2
    assert analytics.put("rules/yield-below-95", BELOW_95 | {"clear_after": 1}, expect=200)["version"] == 1
    assert analytics.put("rules/yield-below-95", BELOW_95 | {"target": 0.9}, expect=200)["version"] == 2


def test_a_calendar_that_moves_windows_makes_its_indicators_compute_afresh(analytics: Alone) -> None:
    shanghai = {"time_zone": "Asia/Shanghai"}
    assert analytics.put("calendars/plant", shanghai, expect=201)["week_starts"] == "monday"
    analytics.put("indicators/first-pass-yield", YIELD | {"calendar": "plant"})
    analytics.put("calendars/plant", shanghai | {"holidays": ["2026-10-01"]})
    assert analytics.get("indicators/first-pass-yield")["computed_as"] == 1
    analytics.put("calendars/plant", {"time_zone": "Asia/Tokyo"})
    assert analytics.get("indicators/first-pass-yield")["computed_as"] == 2
    assert [item["name"] for item in analytics.get("calendars")["items"]] == ["plant"]


def test_lists_go_page_by_page(analytics: Alone) -> None:
    analytics.settle()  # from then on the built-in ones are there
    for name in ("c", "a", "b"):
        analytics.put(f"indicators/{name}", YIELD)
        analytics.put(f"rules/{name}", BELOW_95 | {"indicator": name})
    first = analytics.get("indicators?limit=4")
    assert [item["name"] for item in first["items"]] == ["a", *sorted(BUILT_IN)]
    second = analytics.get(f"indicators?limit=4&cursor={first['next']}")
    assert ([item["name"] for item in second["items"]], second["next"]) == (["b", "c"], None)
    assert [item["name"] for item in analytics.get("rules")["items"]] == ["a", "b", "c"]


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "indicators/x",
        YIELD | {"calendar": "mars"},
        "/calendar",
        "there is no calendar 'mars'; PUT /v1/calendars/mars first",
    ),
    (
        "indicators/x",
        YIELD | {"formula": {"kind": "quantile", "measure": "m"}},
        "/formula/q",
        "is missing",
    ),
    ("indicators/x", YIELD | {"colour": "red"}, "/colour", ""),
    ("rules/x", BELOW_95 | {"indicator": "unheard-of"}, "/indicator", "PUT /v1/indicators/unheard-of first"),
    ("rules/x", BELOW_95 | {"subject": {"product": "pump"}}, "/subject/product", "is computed by line"),
    ("rules/x", BELOW_95 | {"comparator": "≥"}, "/comparator", "use one of >=, >, <=, <"),
    ("rules/x", BELOW_95 | {"target": "95 %"}, "/target", ""),
    ("calendars/x", {"time_zone": "Mars/Olympus"}, "/time_zone", "Asia/Shanghai"),
    ("calendars/x", {"holidays": ["soon"]}, "/holidays", ""),
]


@pytest.mark.parametrize(("path", "body", "pointer", "remedy"), REFUSED)
def test_a_wrong_definition_is_refused_with_pointer_and_remedy(
    analytics: Alone, path: str, body: dict[str, Any], pointer: str, remedy: str
) -> None:
    analytics.put("indicators/first-pass-yield", YIELD)
    problem = analytics.put(path, body, expect=422)
    assert problem["errors"][0]["pointer"].startswith(pointer)
    assert remedy in problem["errors"][0]["detail"]
    assert analytics.get(path, expect=404)["type"].startswith("/problems/unknown-")


def send_weeks(analytics: Alone, weeks: int, lines: str = "AB") -> None:
    analytics.send(
        [
            Inspection(f"{line}-{number}", MONDAY + timedelta(weeks=number, days=1), line, 90 + number, 100)
            for number in range(weeks)
            for line in lines
        ]
    )


def test_values_are_asked_for_by_subject_span_status_and_version(analytics: Alone) -> None:
    analytics.put("indicators/first-pass-yield", YIELD)
    send_weeks(analytics, 5)
    assert len(analytics.values("first-pass-yield")) == 10
    assert {item["subject"]["line"] for item in analytics.values("first-pass-yield", "subject.line=B")} == {"B"}
    span = analytics.values("first-pass-yield", "from=2026-03-09&to=2026-03-23T00:00:00Z&subject.line=A")
    assert [item["window"]["start"] for item in span] == ["2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"]
    assert len(analytics.values("first-pass-yield", "status=provisional")) == 2
    assert analytics.values("first-pass-yield", "version=2") == []
    pages = analytics.get("indicators/first-pass-yield/values?limit=4")
    items = pages["items"]
    while pages["next"]:
        pages = analytics.get(f"indicators/first-pass-yield/values?limit=4&cursor={pages['next']}")
        items += pages["items"]
    assert items == analytics.values("first-pass-yield")
    assert analytics.get("indicators/unheard-of/values", expect=404)["type"] == "/problems/unknown-indicator"
    refused = analytics.get("indicators/first-pass-yield/values?subject.product=pump", expect=400)
    assert refused["detail"] == "first-pass-yield is not computed by product; ask by subject.line"


def test_one_anomaly_and_those_of_a_rule_or_subject(analytics: Alone) -> None:
    analytics.put("indicators/first-pass-yield", YIELD)
    analytics.put("rules/yield-below-95", BELOW_95)
    send_weeks(analytics, 4)
    both = analytics.anomalies()
    assert sorted(item["subject"]["line"] for item in both) == ["A", "B"]
    [of_b] = analytics.anomalies("subject.line=B&rule=yield-below-95&indicator=first-pass-yield&state=open")
    assert analytics.get(f"anomalies/{of_b['id']}") == of_b
    assert analytics.anomalies("rule=another") == []
    assert analytics.get("anomalies/unheard-of", expect=404)["type"] == "/problems/unknown-anomaly"


HOSTILE = [
    "indicators/first-pass-yield/values?from=yesterday",
    "indicators/first-pass-yield/values?from=0001-01-01T00:00:00%2B23:59",
    "indicators/first-pass-yield/values?to=9999-12-31T23:59:59-23:59",
    "indicators/first-pass-yield/values?from=1e999",
    "indicators/first-pass-yield/values?from=99999999999999999999",
    "indicators/first-pass-yield/values?status=done",
    "indicators/first-pass-yield/values?version=99999999999999",
    "indicators/first-pass-yield/values?subject.line=%00",
    "indicators/first-pass-yield/values?cursor=W10",
    "indicators/first-pass-yield/values?cursor=WyJhIiwiYiJd",
    "indicators/first-pass-yield/values?cursor=WzEsMl0",
    "indicators/first-pass-yield/values?cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwgImZmIl0",
    "indicators/%00",
    "indicators/a%0Ab",
    "rules/goal:1",
    "anomalies?cursor=WzFd",
    "anomalies?state=%ED%A0%80",
    "anomalies?rule=%00",
    "anomalies?limit=0",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_questions_are_refused(analytics: Alone, path: str) -> None:
    analytics.put("indicators/first-pass-yield", YIELD)
    answer = analytics.http.get(f"/v1/{path}")
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


ODD_NUMBERS = [b"1e999", b"-1e999", b"NaN", b"1" * 400, b"1" * 5000, b"true", b"null", b'"1"', b"[]"]


@pytest.mark.parametrize("field", ["target", "for_windows"])
@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_odd_numbers_are_refused(analytics: Alone, field: str, number: bytes) -> None:
    analytics.put("indicators/first-pass-yield", YIELD)
    rest = {"target": b'"for_windows":1', "for_windows": b'"target":1'}[field]
    body = b'{"indicator":"first-pass-yield","kind":"target","comparator":">=",%s,"%s":%s}'
    content = body % (rest, field.encode(), number)
    answer = analytics.http.put("/v1/rules/odd", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (201, 400, 422), answer.text
