"""Definitions as people write them: read, completed, written back, and refused with pointer and remedy."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.calendar_form import cuts_alike, read_calendar
from services.analytics.domain.errors import InvalidDefinition
from services.analytics.domain.indicator import Formula
from services.analytics.domain.indicator_form import computes_alike, indicator_body, read_indicator
from services.analytics.domain.rule_form import read_rule, rule_body
from shared.runtime.duration import format_duration, parse_duration

INDICATOR: dict[str, Any] = {
    "title": {"en": "First-pass yield", "zh": "一次交验合格率"},
    "reading_type": "inspection",
    "formula": {"kind": "ratio", "numerator": "passed", "denominator": "inspected"},
    "by": ["line"],
    "window": {"kind": "tumbling", "every": "week"},
    "calendar": "plant-shanghai",
    "direction": "higher_is_better",
    "minimum_sample": 30,
    "allowed_lateness": "PT2H",
}
RULE: dict[str, Any] = {"indicator": "first-pass-yield", "kind": "target", "comparator": ">=", "target": 0.95}


def test_an_indicator_is_completed_with_what_was_left_out() -> None:
    body = indicator_body(read_indicator("first-pass-yield", 1, INDICATOR))
    assert body == INDICATOR | {"idle_timeout": "PT1H", "unit": "1"}
    least = {name: INDICATOR[name] for name in ("reading_type", "formula", "window", "direction")}
    completed = indicator_body(read_indicator("fpy", 1, least))
    assert (completed["title"], completed["by"], completed["calendar"]) == ({"en": "fpy"}, [], "default")


def test_a_rule_is_completed_with_what_was_left_out() -> None:
    assert rule_body(read_rule("yield-below-95", 1, RULE)) == RULE | {
        "for_windows": 1,
        "clear_after": 1,
        "severity": "moderate",
        "opens_issue": False,
        "subject": {},
    }


WRONG_INDICATORS: list[tuple[dict[str, Any], str, str]] = [
    ({"reading_type": None}, "/reading_type", "is missing"),
    ({"reading_type": "a b"}, "/reading_type", "is not a name"),
    ({"direction": None}, "/direction", "higher_is_better or lower_is_better"),
    ({"direction": "up"}, "/direction", "use one of higher_is_better, lower_is_better"),
    ({"formula": None}, "/formula", "kinds are ratio, sum, count, mean, minimum, maximum"),
    (
        {"formula": {"kind": "ratio", "numerator": "passed"}},
        "/formula/denominator",
        "ratio needs the name of a measure",
    ),
    ({"formula": {"kind": "mean"}}, "/formula/measure", "mean needs"),
    ({"formula": {"kind": "mean", "measure": "x", "numerator": "y"}}, "/formula/numerator", "means nothing to mean"),
    ({"formula": {"kind": "median", "measure": "x"}}, "/formula/kind", "use one of ratio, sum"),
    (
        {"formula": {"kind": "quantile", "measure": "x"}},
        "/formula/q",
        "is missing; say which quantile",
    ),
    ({"formula": {"kind": "quantile", "measure": "x", "q": 1}}, "/formula/q", "a number from 0.0001 to 0.9999"),
    ({"formula": {"kind": "quantile", "measure": "x", "q": True}}, "/formula/q", "True is no quantile"),
    ({"formula": {"kind": "quantile", "q": 0.5}}, "/formula/measure", "quantile needs the name of a measure"),
    ({"formula": {"kind": "mean", "measure": "x", "q": 0.5}}, "/formula/q", "means nothing to mean"),
    ({"formula": {"kind": "standard_deviation"}}, "/formula/measure", "standard_deviation needs"),
    ({"formula": {"kind": "count", "where": {"line": []}}}, "/formula/where", "at least one value"),
    ({"formula": {"kind": "count", "wher": {}}}, "/formula/wher", "is not a field of a formula"),
    ({"window": {"kind": "sliding"}}, "/window/kind", "use one of tumbling, rolling"),
    ({"window": {"kind": "rolling", "length": "P4W", "step": "P1D", "every": "day"}}, "/window/every", "means nothing"),
    ({"window": {"kind": "rolling", "step": "P1D"}}, "/window/length", "is missing; write for example P4W"),
    ({"window": {"kind": "rolling", "length": "P4W"}}, "/window/step", "is missing; use P1D"),
    ({"window": {"kind": "rolling", "length": "P1W2D", "step": "P1D"}}, "/window/length", "not a length of one unit"),
    ({"window": {"kind": "rolling", "length": "P4W", "step": "P2D"}}, "/window/step", "is not a step; use P1D"),
    ({"window": {"kind": "rolling", "length": "P10D", "step": "P1W"}}, "/window/length", "not a whole number of steps"),
    ({"window": {"kind": "rolling", "length": "P1M", "step": "P1D"}}, "/window/length", "not a whole number of steps"),
    ({"window": {"kind": "rolling", "length": "P0D", "step": "P1D"}}, "/window/length", "there may be 1 to 400"),
    ({"window": {"kind": "rolling", "length": "P401D", "step": "P1D"}}, "/window/length", "there may be 1 to 400"),
    ({"window": {"kind": "tumbling", "every": "day", "step": "P1D"}}, "/window/step", "means nothing to tumbling"),
    (
        {"window": {"kind": "tumbling", "every": "decade"}},
        "/window/every",
        "hour, shift, day, week, month, quarter, year",
    ),
    ({"by": ["line", "line"]}, "/by", "twice"),
    ({"by": "line"}, "/by", "list of names"),
    ({"minimum_sample": -1}, "/minimum_sample", "whole number from 0"),
    ({"minimum_sample": True}, "/minimum_sample", "whole number from 0"),
    ({"allowed_lateness": "2 hours"}, "/allowed_lateness", "write for example PT2H"),
    ({"allowed_lateness": "P1M"}, "/allowed_lateness", "write for example PT2H"),
    ({"allowed_lateness": "P9999D"}, "/allowed_lateness", "longer than P366D"),
    ({"title": {}}, "/title", "write a text"),
    ({"title": {"English": "x"}}, "/title", "codes such as en"),
    ({"title": "\x00"}, "/title", "without NUL"),
    ({"title": "\ud800"}, "/title", "write a text"),
    ({"tittle": "x"}, "/tittle", "use one of title, reading_type"),
]


@pytest.mark.parametrize(("change", "pointer", "remedy"), WRONG_INDICATORS)
def test_a_wrong_indicator_is_refused_with_pointer_and_remedy(
    change: dict[str, Any], pointer: str, remedy: str
) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_indicator("first-pass-yield", 1, INDICATOR | change)
    assert [problem.pointer for problem in refused.value.errors] == [pointer]
    assert remedy in refused.value.errors[0].detail


WRONG_RULES: list[tuple[dict[str, Any], str, str]] = [
    ({"indicator": None}, "/indicator", "is missing"),
    ({"kind": "guess"}, "/kind", "use one of target, change_from_previous"),
    ({"comparator": "≥"}, "/comparator", "use one of >=, >, <=, <"),
    ({"comparator": None}, "/comparator", "say what is good"),
    ({"target": None}, "/target", "is missing"),
    ({"target": "95 %"}, "/target", "is not a number"),
    ({"target": float("nan")}, "/target", "is not a number"),
    ({"target": 1e300}, "/target", "targets lie between"),
    ({"target": True}, "/target", "is not a number"),
    ({"for_windows": 0}, "/for_windows", "whole number from 1"),
    ({"severity": "huge"}, "/severity", "minor, moderate, major, critical"),
    ({"opens_issue": "yes"}, "/opens_issue", "neither true nor false"),
    ({"subject": {"line": 1}}, "/subject", "write a text"),
    ({"for_windows": 3, "of": 2}, "/of", "whole number from 3"),
    ({"cooldown": -1}, "/cooldown", "whole number from 0"),
    ({"minimum_effect": -0.1}, "/minimum_effect", "is no size"),
    ({"significantly": {"confidence": 0.4}}, "/significantly", "between 0.5 and 1"),
    ({"significantly": True}, "/significantly", "between 0.5 and 1"),
    ({"severity_by_size": [{"size": 1}]}, "/severity_by_size", "write a list such as"),
    ({"severity_by_size": [{"size": 1, "severity": "huge"}]}, "/severity_by_size", "minor, moderate"),
    ({"severity_by_size": [{"size": 1, "severity": "major"}] * 2}, "/severity_by_size", "twice"),
    ({"mode": "watch"}, "/mode", "use one of act, observe"),
    ({"for_window": 2}, "/for_window", "use one of indicator, kind"),
]


@pytest.mark.parametrize(("change", "pointer", "remedy"), WRONG_RULES)
def test_a_wrong_rule_is_refused_with_pointer_and_remedy(change: dict[str, Any], pointer: str, remedy: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_rule("yield-below-95", 1, RULE | change)
    assert [problem.pointer for problem in refused.value.errors] == [pointer]
    assert remedy in refused.value.errors[0].detail


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_rule("yield-below-95", 1, {"for_windows": 0, "x~/y": 1})
    pointers = [problem.pointer for problem in refused.value.errors]
    assert sorted(pointers) == ["/comparator", "/for_windows", "/indicator", "/kind", "/target", "/x~0~1y"]


KINDS = st.one_of(
    st.just({"kind": "ratio", "numerator": "passed", "denominator": "inspected"}),
    st.just({"kind": "count"}),
    st.builds(
        lambda kind, where: {"kind": kind, "measure": "delay", "where": where},
        st.sampled_from(["sum", "count", "mean", "minimum", "maximum"]),
        st.dictionaries(
            st.sampled_from(["line", "product"]), st.lists(st.text("ab", min_size=1), min_size=1), max_size=2
        ),
    ),
)
INDICATORS = st.fixed_dictionaries(
    {
        "reading_type": st.just("inspection"),
        "formula": KINDS,
        "window": st.one_of(
            st.builds(lambda every: {"kind": "tumbling", "every": every}, st.sampled_from(["hour", "shift", "week"])),
            st.builds(
                lambda lengths: {"kind": "rolling", "length": lengths[0], "step": lengths[1]},
                st.sampled_from([("P4W", "P1D"), ("P1Y", "P1M"), ("PT1H", "PT5M"), ("P1D", "PT1H"), ("P12M", "P3M")]),
            ),
        ),
        "direction": st.sampled_from(["higher_is_better", "lower_is_better"]),
    },
    optional={
        "title": st.text("abc", min_size=1),
        "by": st.lists(st.sampled_from(["line", "product"]), unique=True),
        "minimum_sample": st.integers(0, 10**9),
        "allowed_lateness": st.integers(0, 366 * 86400).map(
            lambda seconds: format_duration(timedelta(seconds=seconds))
        ),
    },
)
RULES = st.fixed_dictionaries(
    {
        "indicator": st.just("first-pass-yield"),
        "kind": st.just("target"),
        "comparator": st.sampled_from([">=", ">", "<=", "<"]),
        "target": st.one_of(st.integers(-(10**15), 10**15), st.floats(-1e15, 1e15)),
    },
    optional={
        "for_windows": st.integers(1, 50),
        "of": st.integers(50, 100),
        "cooldown": st.integers(0, 100),
        "minimum_sample": st.integers(0, 10**9),
        "minimum_effect": st.floats(0, 1e15),
        "significantly": st.fixed_dictionaries({"confidence": st.sampled_from([0.9, 0.95, 0.99])}),
        "severity_by_size": st.just([{"size": 2, "severity": "major"}, {"size": 1, "severity": "minor"}]),
        "mode": st.sampled_from(["act", "observe"]),
        "subject": st.dictionaries(st.just("line"), st.text("ab", min_size=1)),
        "title": st.text("ab", min_size=1),
    },
)


@settings(deadline=None)
@given(INDICATORS)
def test_what_is_stored_of_an_indicator_reads_back_the_same(body: dict[str, Any]) -> None:
    read = read_indicator("first-pass-yield", 3, body)
    assert read_indicator("first-pass-yield", 3, indicator_body(read)) == read


@settings(deadline=None)
@given(RULES)
def test_what_is_stored_of_a_rule_reads_back_the_same(body: dict[str, Any]) -> None:
    read = read_rule("yield-below-95", 3, body)
    assert read_rule("yield-below-95", 3, rule_body(read)) == read


def test_names_and_judgement_leave_the_computation_alone_and_formula_and_windows_do_not() -> None:
    one = read_indicator("fpy", 1, INDICATOR)
    renamed = INDICATOR | {"title": "Yield", "minimum_sample": 50, "allowed_lateness": "P1D", "unit": "share"}
    assert computes_alike(one, read_indicator("fpy", 2, renamed))
    assert computes_alike(one, read_indicator("fpy", 2, INDICATOR))
    changes: list[dict[str, Any]] = [
        {"by": []},
        {"window": {"kind": "tumbling", "every": "day"}},
        {"calendar": "default"},
    ]
    for change in changes:
        assert not computes_alike(one, read_indicator("fpy", 2, INDICATOR | change))
    assert one.formula == Formula("ratio", numerator="passed", denominator="inspected")


CALENDAR: dict[str, Any] = {
    "time_zone": "Asia/Shanghai",
    "week_starts": "sunday",
    "fiscal_year_starts": "04-01",
    "holidays": ["2026-10-01", "2026-10-02"],
    "working_hours": {"monday": ["08:00-12:00", "13:00-17:30"]},
    "shifts": [{"name": "early", "starts": "06:00", "ends": "14:00"}],
}


def test_a_calendar_is_written_back_as_it_was_read() -> None:
    assert read_calendar("plant", CALENDAR).body() == CALENDAR
    assert read_calendar("plain", {}).body()["working_hours"]["friday"] == ["09:00-17:00"]


def test_holidays_leave_windows_alone_and_time_zones_do_not() -> None:
    one = read_calendar("plant", CALENDAR).calendar
    assert cuts_alike(one, read_calendar("plant", CALENDAR | {"holidays": [], "working_hours": {}}).calendar)
    assert not cuts_alike(one, read_calendar("plant", CALENDAR | {"time_zone": "UTC"}).calendar)


def test_a_wrong_calendar_is_refused() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_calendar("plant", {"time_zone": "Mars/Olympus"})
    assert [problem.pointer for problem in refused.value.errors] == ["/time_zone"]


@settings(deadline=None)
@given(st.integers(0, 366 * 86400))
def test_durations_are_written_as_they_are_read(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(format_duration(length), at_most=timedelta(days=366)) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "P1Y", "P1M", "PT1.5H", "1D", "P1D\n", "PT1H1H", "P1DT"])
def test_what_has_no_exact_length_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="write for example"):
        parse_duration(text, at_most=timedelta(days=366))
