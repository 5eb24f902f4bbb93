"""Rules about missing data through HTTP: absent, incomplete and too many readings, late ones, holidays, and silence by the clock."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.anomalies import AnomalySnapshot
from shared.events.topics import ANOMALIES
from tests.service.analytics.alone import START, Alone, Inspection, Revision, alone
from tests.service.analytics.definitions import BELOW_95, YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
DAILY = YIELD | {"window": {"kind": "tumbling", "every": "day"}, "minimum_sample": 0, "allowed_lateness": "PT0S"}
MISSING: dict[str, Any] = {"indicator": "first-pass-yield", "kind": "missing_data", "opens_issue": True}


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        running.put("indicators/first-pass-yield", DAILY)
        yield running


def days(*numbers: int, line: str = "A", each: int = 1) -> list[Inspection]:
    """Readings at noon of days counted from Monday."""
    return [
        Inspection(f"{line}-{number}-{one}", MONDAY + (number + 0.5) * DAY, line, 96, 100)
        for number in numbers
        for one in range(each)
    ]


def other(day: float) -> Inspection:
    """What lets the source come as far as a day."""
    return Inspection(f"other-{day}", MONDAY + day * DAY, "other", 96, 100)


def told(analytics: Alone, line: str = "A") -> list[tuple[str, int]]:
    """(state, windows found) of each anomaly of a line, and never one of a value of zero."""
    found = analytics.anomalies(f"subject.line={line}")
    return [(item["state"], item["windows_missed"]) for item in found]


@pytest.mark.parametrize("rule_first", [True, False])
def test_a_missing_week_breaks_the_run_and_is_missed(tmp_path: Path, rule_first: bool) -> None:
    """Mission S47: 94.9, no data, 94.9."""
    definitions = {"rules/below": BELOW_95, "rules/silent": MISSING}
    with alone(tmp_path) as analytics:
        analytics.put("indicators/first-pass-yield", YIELD | {"minimum_sample": 0})
        for path, body in definitions.items():
            if rule_first:
                analytics.put(path, body)
        weeks = [Inspection(f"w-{at}", MONDAY + at * 7 * DAY, "A", 949, 1000) for at in (0, 2)]
        analytics.send([*weeks, other(7 * 3)])
        for path, body in definitions.items():
            analytics.put(path, body)
        analytics.settle()
        [anomaly] = analytics.anomalies("subject.line=A")
        assert (anomaly["rule"], anomaly["state"], anomaly["windows_missed"]) == ("silent", "cleared", 1)
        assert anomaly["reason"] == (
            "First-pass yield of line=A lacked data in one week: no readings in the week of 2026-03-09;"
            " expected at least 1 reading; cleared by 1 reading in the week of 2026-03-16"
        )
        assert [item["value"] for item in analytics.values("first-pass-yield", "subject.line=A")] == [0.949, 0.949]


def test_silence_is_one_anomaly_that_goes_on_until_readings_come_back(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING)
    analytics.send([*days(0), other(1.1)])
    assert told(analytics) == []
    analytics.send([other(2.1)])
    assert told(analytics) == [("open", 1)]
    analytics.send([other(3.1)])
    assert told(analytics) == [("open", 2)]

    analytics.send(days(3))  # while its day is open
    assert told(analytics) == [("cleared", 2)]
    kinds = [kind.split(".")[2] for kind, data in analytics.events(ANOMALIES, AnomalySnapshot)]
    assert kinds == ["raised", "updated", "cleared"]
    snapshot = analytics.events(ANOMALIES, AnomalySnapshot)[0][1]
    assert (snapshot.rule_kind, snapshot.opens_issue, snapshot.comparator, snapshot.target) == (
        "missing_data", True, ">=", 1.0
    )  # fmt: skip
    assert [(seen.value, seen.sample_size, seen.limit) for seen in snapshot.values] == [(0.0, 0, 1.0)]
    assert snapshot.reasons["zh"].endswith("有一天缺少数据：2026-03-03 无读数；应有至少 1 个读数")


def test_nobody_expects_anything_of_a_weekend(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING)
    analytics.send([*days(0, 1, 2, 3, 4), other(7.1)])  # Friday is the last; now it is Monday
    assert told(analytics) == []
    analytics.send([other(8.1)])
    assert told(analytics) == [("open", 1)]


def test_readings_that_come_late_end_it_and_nothing_is_withdrawn(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING)
    analytics.send([*days(0), other(3.1)])
    assert told(analytics) == [("open", 2)]
    analytics.send(days(1))
    assert told(analytics) == [("open", 1)]
    analytics.send(days(2))
    [anomaly] = analytics.anomalies("subject.line=A")
    assert anomaly["state"] == "cleared"
    assert anomaly["reason"].endswith("; the data have come in since")

    analytics.send([*days(3), other(7.1)])  # silence again, after a day in order, is another anomaly
    assert sorted(told(analytics)) == [("cleared", 1), ("open", 1)]


def test_silence_right_after_what_came_late_is_another_anomaly(analytics: Alone) -> None:
    """The simulation found the earlier one going on, with the windows counted that had been filled."""
    analytics.put("rules/silent", MISSING)
    analytics.send([*days(0), other(3.1)])
    analytics.send(days(1, 2))
    assert told(analytics) == [("cleared", 2)]
    analytics.send([other(4.1)])
    found = analytics.anomalies("subject.line=A")
    assert {item["state"]: item["windows_missed"] for item in found} == {"cleared": 2, "open": 1}
    assert [item["reason"].count("no readings in the day 2026-03-05") for item in found if item["state"] == "open"] == [
        1
    ]


def test_nothing_is_expected_of_a_subject_all_of_whose_readings_were_taken_back(analytics: Alone) -> None:
    """The simulation found it expected, unless the retraction had come before the reading."""
    analytics.put("rules/silent", MISSING)
    analytics.send([*days(0), other(1.1)])
    analytics.revise([Revision("taken-back", MONDAY + DAY, "A-0-0")])
    analytics.send([other(3.1)])
    assert [item["sample_size"] for item in analytics.values("first-pass-yield", "subject.line=A")] == [0]
    assert told(analytics) == []


def test_too_few_readings_and_too_many(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING | {"minimum_readings": 3, "maximum_readings": 5})
    analytics.send([*days(0, each=3), *days(1, each=2), *days(2, each=4), *days(3, each=6), other(4.1)])
    found = {item["direction"]: item for item in analytics.anomalies("subject.line=A")}
    assert {side: item["windows_missed"] for side, item in found.items()} == {"below": 1, "above": 1}
    assert "2 readings in the day 2026-03-03" in found["below"]["reason"]
    assert "had too many readings in one day: 6 readings" in found["above"]["reason"]
    assert found["above"]["meaning"] == "deterioration"


def test_far_fewer_readings_than_usual(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING | {"lowest_share": 0.5})
    usual = days(*range(5), *range(7, 10), each=10)
    analytics.send([*usual, *days(10, each=5), *days(11, each=4), other(12.1)])
    [anomaly] = analytics.anomalies("subject.line=A")
    assert "4 readings in the day 2026-03-13" in anomaly["reason"]
    assert anomaly["reason"].endswith("expected at least 1 reading, at least 50 % of the usual number")


def test_a_window_is_due_when_its_delay_has_passed_in_working_time(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING | {"late": "2h"})
    analytics.send([*days(3), other(7 + 10.5 / 24)])  # Friday is due on Monday at 11:00
    assert told(analytics) == []
    analytics.send([other(7 + 11.5 / 24)])
    assert told(analytics) == [("open", 1)]


def test_a_subject_that_is_gone_for_good_is_no_longer_expected(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING | {"seen_within": 3})
    analytics.send([*days(0), other(30.1)])
    assert told(analytics) == [("open", 3)]
    analytics.send([other(60.1)])
    assert told(analytics) == [("open", 3)]
    analytics.send([*days(62), other(63.1)])
    assert told(analytics) == [("cleared", 3)]


def test_several_silent_windows_in_a_row(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING | {"for_windows": 2})
    analytics.send([*days(0, 2), other(3.1)])
    assert told(analytics) == []
    analytics.send([other(4.1)])
    assert told(analytics) == []
    analytics.send([other(7.1)])  # Thursday and Friday
    assert told(analytics) == [("open", 2)]


def test_a_silent_source_is_noticed_by_the_clock(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING)
    analytics.send([Inspection("only", START, "A", 96, 100)])  # Monday 09:00
    analytics.pass_time(timedelta(hours=15, minutes=30))
    assert told(analytics) == []
    analytics.pass_time(DAY)
    assert told(analytics) == [("open", 1)]
    analytics.pass_time(DAY)
    assert told(analytics) == [("open", 2)]
    analytics.send([Inspection("again", START + 2.9 * DAY, "A", 96, 100)])
    assert told(analytics) == [("cleared", 2)]


def test_a_source_that_wakes_up_with_a_backlog_fills_what_was_missing(analytics: Alone) -> None:
    analytics.put("rules/silent", MISSING)
    analytics.send([Inspection("only", START, "A", 96, 100)])
    analytics.pass_time(3 * DAY)
    assert told(analytics) == [("open", 2)]
    analytics.send([Inspection("late-1", START + DAY, "A", 96, 100)])
    assert told(analytics) == [("open", 1)]
    analytics.send([Inspection("late-2", START + 2 * DAY, "A", 96, 100)])
    assert told(analytics) == [("cleared", 1)]


def test_a_silent_source_is_a_subject_like_any_other(analytics: Alone) -> None:
    received = DAILY | {"formula": {"kind": "count"}, "by": ["source"]}
    analytics.put("indicators/received", received)
    analytics.put("rules/silent", MISSING | {"indicator": "received"})
    analytics.send([Inspection(f"{source}-0", START, "A", 96, 100, source=source) for source in ("mes-7", "mes-8")])
    for day in (1, 2, 3):
        analytics.pass_time(DAY)
        analytics.send([Inspection(f"mes-7-{day}", START + day * DAY, "A", 96, 100)])
    [anomaly] = analytics.anomalies()
    assert (anomaly["subject"], anomaly["state"], anomaly["windows_missed"]) == ({"source": "mes-8"}, "open", 2)
    shown = analytics.values("received", "subject.source=mes-7")
    assert [item["value"] for item in shown] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("fields", "pointer", "remedy"),
    [
        ({"late": "soon"}, "/late", "write PT2H for two hours"),
        ({"late": "1d2h"}, "/late", "2h or 1d for working"),
        ({"minimum_readings": 0}, "/minimum_readings", "from 1"),
        ({"minimum_readings": 5, "maximum_readings": 3}, "/maximum_readings", "less than minimum_readings"),
        ({"lowest_share": 1.5}, "/lowest_share", "0.5 for half"),
        ({"highest_share": 0.5}, "/highest_share", "2 for twice"),
        ({"target": 1}, "/target", "not a field of a rule"),
    ],
)
def test_a_mistake_is_named(analytics: Alone, fields: dict[str, Any], pointer: str, remedy: str) -> None:
    answer = analytics.request("PUT", "rules/silent", MISSING | fields)
    assert answer.status_code == 422
    [problem] = answer.json()["errors"]
    assert problem["pointer"] == pointer
    assert remedy in problem["detail"]


ROLLING = DAILY | {"window": {"kind": "rolling", "length": "P3D", "step": "P1D"}}


def test_of_rolling_windows_each_step_is_expected(analytics: Alone) -> None:
    """The values go on for three days after the last reading; what is missed is a day."""
    analytics.put("indicators/rolling", ROLLING)
    analytics.put("rules/silent", MISSING | {"indicator": "rolling", "minimum_readings": 2})
    analytics.send([*days(0, each=2), *days(1), other(2.1)])
    [anomaly] = analytics.anomalies("subject.line=A")
    assert (anomaly["state"], anomaly["windows_missed"]) == ("open", 1)
    assert anomaly["reason"] == (
        "First-pass yield of line=A lacked data in one day: 1 reading in the day 2026-03-03; expected at least 2 readings"
    )
    assert anomaly["reasons"]["zh"].endswith("有一天缺少数据：2026-03-03 1 个读数；应有至少 2 个读数")
    analytics.send([other(4.1)])
    assert told(analytics) == [("open", 3)]
    analytics.send([*days(4, each=2), other(4.2)])  # while its day is open
    assert told(analytics) == [("cleared", 3)]
    analytics.send([other(7.1)])  # Friday had readings, and nobody works at the weekend
    assert told(analytics) == [("cleared", 3)]
    analytics.send([other(30.1)])
    assert sorted(told(analytics)) == [("cleared", 3), ("open", 17)]


def test_silence_of_a_rolling_indicator_is_noticed_by_the_clock(analytics: Alone) -> None:
    analytics.put("indicators/rolling", ROLLING)
    analytics.put("rules/silent", MISSING | {"indicator": "rolling"})
    analytics.send([Inspection("only", START, "A", 96, 100)])  # Monday 09:00
    analytics.pass_time(timedelta(hours=15, minutes=30))
    assert told(analytics) == []
    analytics.pass_time(DAY)
    assert told(analytics) == [("open", 1)]


def test_a_dry_run_and_an_explanation_of_steps_say_what_the_rule_finds(analytics: Alone) -> None:
    analytics.put("indicators/rolling", ROLLING)
    rule = MISSING | {"indicator": "rolling"}
    analytics.send([*days(0, 3), other(4.1)])
    tried = analytics.request("POST", "rules/silent/dry-run", rule).json()
    analytics.put("rules/silent", rule)
    analytics.settle()
    [anomaly] = analytics.anomalies("subject.line=A")
    names = ("subject", "state", "reasons", "values", "raised_window", "cleared_window")
    assert [[one[name] for name in names] for one in tried["items"]] == [[anomaly[name] for name in names]]
    assert anomaly["windows_missed"] == 2
    start = MONDAY.isoformat().replace("+00:00", "Z")
    shown = analytics.get(f"indicators/rolling/explain?subject.line=A&window_start={start}")  # to Wednesday
    [verdict] = shown["rules"]
    assert (verdict["verdict"], verdict["anomalies"]) == ("found", [anomaly["id"]])


def test_a_rule_is_shown_as_it_was_written(analytics: Alone) -> None:
    own = {"minimum_readings": 2, "highest_share": 3, "seen_within": 5, "late": "1d"}
    shown = analytics.put("rules/silent", MISSING | own)
    assert {name: shown[name] for name in own} == own
    assert analytics.put("rules/silent", MISSING | own, expect=200)["version"] == 1


def test_a_dry_run_of_missing_data_finds_what_the_rule_raises(analytics: Alone) -> None:
    analytics.send([*days(0, 3), other(5.1)])
    tried = analytics.request("POST", "rules/silent/dry-run", MISSING).json()
    analytics.put("rules/silent", MISSING)
    analytics.settle()
    names = ("subject", "state", "reasons", "values", "raised_window", "cleared_window", "meaning")
    raised = [tuple(one[name] for name in names) for one in analytics.anomalies()]
    assert [tuple(one[name] for name in names) for one in tried["items"]] == raised
    assert [one[-1] for one in raised] == ["deterioration"] * len(raised)
    assert sum(one[0] == {"line": "A"} for one in raised) == 2


def test_a_rule_put_while_a_window_is_open_takes_its_readings_in(analytics: Alone) -> None:
    """What had been held of the open window before counts with what comes after."""
    enough = MISSING | {"minimum_readings": 3}
    analytics.send([*days(0, each=3), *days(1, each=2)])
    analytics.put("rules/silent", enough)
    analytics.send([Inspection("A-1-last", MONDAY + 1.6 * DAY, "A", 96, 100), other(2.1)])
    assert told(analytics) == []
    found = analytics.values("first-pass-yield", "subject.line=A")
    assert [(one["sample_size"], one["status"]) for one in found] == [(3, "final"), (3, "final")]


DERIVED: dict[str, Any] = {
    "formula": {"kind": "derived", "expression": "first-pass-yield × yield-of-mes-8"},
    "by": ["line"],
    "window": DAILY["window"],
    "direction": "higher_is_better",
}
OF_ONE_SOURCE = DAILY | {"formula": DAILY["formula"] | {"where": {"source": ["mes-8"]}}}


def of_mes_8(readings: list[Inspection]) -> list[Inspection]:
    """Those count for both parts, of mes-7 for one."""
    return [replace(one, id=f"8-{one.id}", source="mes-8") for one in readings]


def both_come_to(day: float) -> list[Inspection]:
    return [other(day), *of_mes_8([other(day)])]


@pytest.fixture
def deriving(analytics: Alone) -> Alone:
    analytics.put("indicators/yield-of-mes-8", OF_ONE_SOURCE)
    analytics.put("indicators/both", DERIVED)
    analytics.put("rules/silent", MISSING | {"indicator": "both"})
    return analytics


def test_a_derived_value_lacks_data_where_one_of_its_parts_does(deriving: Alone) -> None:
    deriving.send([*of_mes_8(days(0)), *days(1), *both_come_to(2.1)])
    [anomaly] = deriving.anomalies("subject.line=A")
    assert (anomaly["state"], anomaly["windows_missed"]) == ("open", 1)
    assert anomaly["reason"].endswith(
        " of line=A lacked data in one day: no readings in the day 2026-03-03;"
        " expected at least 1 reading of each of first-pass-yield, yield-of-mes-8"
    )
    assert anomaly["reasons"]["zh"].endswith("应有至少 1 个读数，且每个组成指标都有：first-pass-yield、yield-of-mes-8")
    deriving.send(both_come_to(3.1))  # nothing at all
    assert told(deriving) == [("open", 2)]
    deriving.send([*of_mes_8(days(3)), *both_come_to(4.1)])
    assert told(deriving) == [("cleared", 2)]
    deriving.send(both_come_to(7.1))
    assert sorted(told(deriving)) == [("cleared", 2), ("open", 1)]


def test_silence_of_a_derived_indicator_is_noticed_by_the_clock(deriving: Alone) -> None:
    deriving.send([Inspection("only", START, "A", 96, 100, source="mes-8")])  # Monday 09:00
    deriving.pass_time(timedelta(hours=15, minutes=30))
    assert told(deriving) == []
    deriving.pass_time(DAY)
    deriving.pass_time(timedelta(seconds=10))  # by then the other partitions have followed
    assert told(deriving) == [("open", 1)]


def test_a_dry_run_and_an_explanation_of_a_derived_indicator_say_what_the_rule_finds(deriving: Alone) -> None:
    deriving.send([*of_mes_8(days(0)), *days(1), *both_come_to(3.1)])
    [anomaly] = deriving.anomalies("subject.line=A")
    tried = deriving.request("POST", "rules/silent/dry-run", MISSING | {"indicator": "both", "for_windows": 1}).json()
    names = ("subject", "state", "reasons", "values", "raised_window")
    assert [[one[name] for name in names] for one in tried["items"]] == [[anomaly[name] for name in names]]
    start = (MONDAY + DAY).isoformat().replace("+00:00", "Z")
    deriving.send(of_mes_8(days(1)))
    shown = deriving.get(f"indicators/both/explain?subject.line=A&window_start={start}")
    assert [one["verdict"] for one in shown["rules"]] == ["in-order"]


@pytest.mark.parametrize("seed", range(6))
def test_steps_and_parts_are_missed_as_the_windows_of_their_readings_are(tmp_path: Path, seed: int) -> None:
    """The same readings, as days, as steps of three days, and as a value computed from the days: one rule finds the same of all."""
    chance = random.Random(seed)
    indicators = {
        "first-pass-yield": DAILY,
        "rolling": ROLLING,
        "twice": DERIVED | {"formula": {"kind": "derived", "expression": "first-pass-yield × 2"}},
        "twice-rolling": DERIVED
        | {"formula": {"kind": "derived", "expression": "rolling × 2"}, "window": ROLLING["window"]},
    }
    own = {
        "minimum_readings": chance.choice([1, 2]),
        "clear_after": chance.choice([1, 2]),
        "late": chance.choice(["PT0S", "P1D"]),
        "seen_within": chance.choice([3, 30]),
    }
    numbers = sorted(chance.sample(range(40), 12))
    with alone(tmp_path) as analytics:
        for name, body in indicators.items():
            analytics.put(f"indicators/{name}", body)
            analytics.put(f"rules/{name}", MISSING | own | {"indicator": name})
        for number in numbers:
            analytics.send([*days(number, each=chance.choice([1, 2, 3])), other(number + 0.6)])
        analytics.send([other(45.1)])
        analytics.send([other(45.2)])
        found = {
            name: sorted(
                (one["raised_window"]["start"], one["state"], str(one["cleared_window"]), one["windows_missed"])
                for one in analytics.anomalies(f"subject.line=A&indicator={name}")
            )
            for name in indicators
        }
    assert found["first-pass-yield"]
    for name in indicators:
        assert found[name] == found["first-pass-yield"], name


@pytest.mark.parametrize("order", ["corrections first", "corrections last"])
def test_a_correction_that_comes_with_readings_takes_data_away_and_brings_it(analytics: Alone, order: str) -> None:
    """All in one transaction: Tuesday loses a reading, Wednesday lends one to Thursday, which gets another of its own."""
    analytics.put("rules/silent", MISSING | {"minimum_readings": 2})
    analytics.send([*days(0, 1, 2, each=2), other(3.1)])
    assert told(analytics) == []
    thursday = Inspection("A-2-0", MONDAY + 3.5 * DAY, "A", 96, 100)
    revisions = [Revision("r1", MONDAY + 3 * DAY, "A-1-0"), Revision("c1", MONDAY + 3 * DAY, "A-2-0", thursday)]
    sent = [*days(3), other(4.1)]
    if order == "corrections first":
        analytics.revise(revisions, settle=False)
        analytics.send(sent)
    else:
        analytics.send(sent, settle=False)
        analytics.revise(revisions)
    [anomaly] = analytics.anomalies("subject.line=A")
    lacking = [(seen["window"]["start"][:10], seen["sample_size"]) for seen in anomaly["values"]]
    assert (anomaly["state"], lacking) == ("cleared", [("2026-03-03", 1), ("2026-03-04", 1)])


@pytest.mark.parametrize("seed", range(4))
def test_corrections_and_readings_in_one_batch_come_to_what_a_new_rule_finds(analytics: Alone, seed: int) -> None:
    """But for what was missing once and has come in since: that stays told, and a rule that is new has never missed it."""
    chance = random.Random(seed)
    rule = MISSING | {"minimum_readings": 2, "clear_after": chance.choice([1, 2])}
    analytics.put("rules/early", rule)
    first = [one for number in range(9) for one in days(number, each=chance.randrange(4))]
    analytics.send([*days(0), *[one for one in first if not one.id.startswith("A-0")], other(9.1)])
    revised = chance.sample(first, min(5, len(first)))
    revisions = [
        Revision(f"r-{at}", MONDAY + 9 * DAY, one.id, chance.choice([None, _moved(one, chance.randrange(11))]))
        for at, one in enumerate(revised)
    ]
    late = [Inspection(f"late-{at}", MONDAY + (chance.randrange(11) + 0.4) * DAY, "A", 96, 100) for at in range(4)]
    if chance.random() < 0.5:
        analytics.revise(revisions, settle=False)
        analytics.send([*late, other(11.1)])
    else:
        analytics.send([*late, other(11.1)], settle=False)
        analytics.revise(revisions)
    analytics.put("rules/late", rule)
    analytics.settle()
    early, known = _lacking(analytics, "early"), _lacking(analytics, "late")
    assert [one for one in early if one in known] == known
    enough = [item for item in analytics.values("first-pass-yield", "subject.line=A") if item["sample_size"] >= 2]
    filled = {item["window"]["start"] for item in enough}
    assert [one for one in early if one not in known and not (one[0] == "cleared" and filled.issuperset(one[2]))] == []


def _moved(reading: Inspection, day: int) -> Inspection:
    return Inspection(reading.id, MONDAY + (day + 0.6) * DAY, reading.line, 90, 100)


def _lacking(analytics: Alone, rule: str) -> list[tuple[str, int, list[str]]]:
    """(state, windows found, when) of each anomaly of line A."""
    return [
        (item["state"], item["windows_missed"], [seen["window"]["start"] for seen in item["values"]])
        for item in sorted(analytics.anomalies("subject.line=A"), key=lambda item: str(item["raised_window"]["start"]))
        if item["rule"] == rule
    ]
