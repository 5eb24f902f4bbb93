"""Changes from window to window and from year to year."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.finding import Deviation, Language, Scene
from services.analytics.domain.indicator import TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.reason import reason
from services.analytics.domain.rules.change import ChangeFromPrevious
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar
from shared.calendars.windows import Cut, window_at
from tests.unit.analytics.examples import found, indicator, rule, value


def sides(condition: ChangeFromPrevious, values: list[KpiValue]) -> list[Deviation | str | None]:
    """`none` for a window that cannot be judged."""
    scene = Scene(indicator(), DEFAULT_CALENDAR)
    return ["none" if one is None else one.side for one in condition.findings(values, scene)]


def test_a_value_is_compared_with_the_window_directly_before() -> None:
    values = [value(0, 900), value(1, 990), value(2, 995), value(4, 500), value(5, 400)]
    assert sides(ChangeFromPrevious(0.1), values) == ["none", None, None, "none", "below"]  # a tenth more is allowed
    assert sides(ChangeFromPrevious(0.09), values) == ["none", "above", None, "none", "below"]
    assert sides(ChangeFromPrevious(0.09, relative=False), values) == ["none", None, None, "none", "below"]
    assert sides(ChangeFromPrevious(0.05, reports="worse"), values) == ["none", None, None, "none", "below"]


@settings(deadline=None)
@given(
    now=st.integers(0, 1000),
    before=st.integers(1, 1000),
    most=st.sampled_from(["0.1", "0.05", "0.3", "0"]),
    relative=st.booleans(),
)
def test_a_change_of_exactly_the_allowed_size_is_in_order(now: int, before: int, most: str, *, relative: bool) -> None:
    """Against fractions: 0.1 + 0.2 is three tenths, and a tenth of 0.3 is 0.03."""
    change, allowed = Fraction(now - before, 1000), Fraction(most) * (Fraction(before, 1000) if relative else 1)
    found_side = sides(ChangeFromPrevious(float(most), relative=relative), [value(0, before), value(1, now)])[1]
    assert found_side == (None if abs(change) <= allowed else "below" if change < 0 else "above")


def test_nothing_is_compared_with_what_is_too_small_or_zero() -> None:
    small = value(0, 10, 20, judgement="insufficient")
    assert sides(ChangeFromPrevious(0.1), [small, value(1, 900), value(2, 0), value(3, 900)]) == [
        "none",
        "none",
        "below",
        "none",
    ]
    assert found(rule(condition=ChangeFromPrevious(0.1), minimum_sample=30), [value(0, 10, 20), value(1, 900)]) == []


@pytest.mark.parametrize(
    ("cut", "local", "wanted"),
    [
        ("day", "2024-03-31", "2023-03-31"),
        ("day", "2024-02-29", "2023-02-28"),
        ("week", "2024-01-01", "2023-01-02"),
        ("month", "2024-03-01", "2023-03-01"),
        ("quarter", "2024-04-01", "2023-04-01"),
        ("year", "2024-01-01", "2023-01-01"),
    ],
)
def test_the_same_window_one_year_before(cut: Cut, local: str, wanted: str) -> None:
    calendar = Calendar("berlin", time_zone="Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    moments = [datetime.fromisoformat(day).replace(tzinfo=zone) for day in (wanted, local)]
    windows = [window_at(calendar, cut, moment) for moment in moments]
    values = [value(0, passed, window=one) for passed, one in zip((900, 700), windows, strict=True)]
    scene = Scene(indicator(window=TumblingWindow(cut)), calendar)  # type: ignore[arg-type]  # one of the table
    _, finding = ChangeFromPrevious(0.1, against="year_before").findings(values, scene)
    assert finding is not None
    assert (finding.side, finding.compared) == ("below", 0.9)
    assert windows[0].start.astimezone(zone) - moments[0] == timedelta(0)


SENTENCES: list[tuple[Language, dict[str, Any], str]] = [
    (
        "en",
        {},
        (
            "First-pass yield of line=A fell by more than 10 % against the window before in one week: "
            "80 % after 95 % (800 of 1000) in the week of 2024-01-08; allowed is a change of 10 %"
        ),
    ),
    (
        "zh",
        {"relative": False},
        "line=A 的First-pass yield有一周较上一窗口下降超过 10 %：2024-01-08 当周 80 %，此前为 95 %（800/1000）；允许变化 10 %",
    ),
]


@pytest.mark.parametrize(("language", "shape", "wanted"), SENTENCES)
def test_the_sentence_names_both_values(language: Language, shape: dict[str, Any], wanted: str) -> None:
    judged = rule(condition=ChangeFromPrevious(0.1, **shape))
    [episode] = found(judged, [value(0, 950), value(1, 800)])
    scene = Scene(indicator(), DEFAULT_CALENDAR)
    assert reason(episode, rule=judged, scene=scene, subject={"line": "A"}, language=language) == wanted
