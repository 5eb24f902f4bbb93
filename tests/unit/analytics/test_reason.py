"""Sentences that say why, with the numbers."""

from decimal import Decimal

import pytest

from services.analytics.domain.episode import Episode
from services.analytics.domain.finding import Language, Scene
from services.analytics.domain.indicator import Formula, Indicator, TumblingWindow
from services.analytics.domain.reason import reason
from services.analytics.domain.rule import Rule
from shared.calendars.calendar import DEFAULT_CALENDAR, Calendar
from tests.unit.analytics.examples import found, indicator, rule, value

DELAY = indicator(
    name="departure-delay",
    title={"zh": "起飞延误", "en": "Departure delay"},
    formula=Formula("mean", measure="delay"),
    unit="min",
)


def sentence(
    judged: Rule,
    raised: list[Episode],
    *,
    about: Indicator | None = None,
    calendar: Calendar = DEFAULT_CALENDAR,
    subject: dict[str, str] | None = None,
    language: Language = "en",
) -> str:
    [episode] = raised
    return reason(
        episode,
        rule=judged,
        scene=Scene(about or indicator(), calendar),
        subject={"line": "A"} if subject is None else subject,
        language=language,
    )


def test_a_run_of_weeks() -> None:
    judged = rule(for_windows=2)
    raised = found(judged, [value(0, 943), value(1, 941)])
    assert sentence(judged, raised) == (
        "First-pass yield of line=A was below 95 % in 2 weeks running: 94.3 % (943 of 1000) in the week of 2024-01-01, "
        "94.1 % (941 of 1000) in the week of 2024-01-08; target ≥ 95 %"
    )


def test_the_same_in_chinese() -> None:
    titled = indicator(title={"en": "First-pass yield", "zh": "一次交验合格率"})
    judged = rule(for_windows=2)
    raised = found(judged, [value(0, 943), value(1, 941), value(2, 980)])
    assert sentence(judged, raised, about=titled, language="zh") == (
        "line=A 的一次交验合格率连续 2 周低于 95 %：2024-01-01 当周 94.3 %（943/1000）、2024-01-08 当周 94.1 %（941/1000）；"
        "目标 ≥ 95 %；已由 2024-01-15 当周 98 %（980/1000） 解除"
    )


def test_one_window_of_everything() -> None:
    raised = found(rule(), [value(0, 943)])
    assert sentence(rule(), raised, subject={}) == (
        "First-pass yield was below 95 % in one week: 94.3 % (943 of 1000) in the week of 2024-01-01; target ≥ 95 %"
    )


def test_a_long_episode_with_a_gap_shows_the_newest_and_what_cleared_it() -> None:
    figures = [value(number, 940) for number in (0, 1, 3, 4, 5, 6)]
    text = sentence(rule(), found(rule(), [*figures, value(7, 980)]))
    assert "in 6 weeks: 2 earlier, then 94 % (940 of 1000) in the week of 2024-01-22," in text
    assert text.endswith("; target ≥ 95 %; cleared by 98 % (980 of 1000) in the week of 2024-02-19")


@pytest.mark.parametrize(
    ("passed", "of", "shown"),
    [(9499, 10000, "94.99 %"), (94999, 100000, "94.999 %"), (943, 1000, "94.3 %"), (1, 3, "33.3 %"), (0, 3, "0 %")],
)
def test_a_value_below_the_target_is_never_rounded_to_it(passed: float, of: float, shown: str) -> None:
    assert f": {shown} (" in sentence(rule(), found(rule(), [value(0, passed, of)]))


@pytest.mark.parametrize(
    ("comparator", "words"), [(">", "was not above 95 %"), ("<=", "was above 95 %"), ("<", "was not below 95 %")]
)
def test_each_comparator_has_its_words(comparator: str, words: str) -> None:
    judged = rule(comparator=comparator)
    passed = 940 if comparator == ">" else 960
    assert words in sentence(judged, found(judged, [value(0, passed)]))


def test_other_formulas_are_written_in_their_unit_and_windows_in_local_time() -> None:
    judged = rule(comparator="<=", target=Decimal(15))
    late = [value(0, 1, value=17.25, numerator=690.0, denominator=40.0, sample_size=40)]
    local = Calendar("tokyo", time_zone="Asia/Tokyo")
    hourly = indicator(**{**_facts(DELAY), "window": TumblingWindow("hour")})
    assert sentence(judged, found(judged, late), about=hourly, calendar=local) == (
        "Departure delay of line=A was above 15 min in one hour: 17.2 min (40 readings) in the hour of 2024-01-01 09:00; "
        "target ≤ 15 min"
    )


@pytest.mark.parametrize(
    ("every", "words"),
    [("day", "the day 2024-01-01"), ("month", "the month 2024-01"), ("quarter", "the quarter of 2024")],
)
def test_windows_are_named(every: str, words: str) -> None:
    about = indicator(window=TumblingWindow(every))  # type: ignore[arg-type]  # one of the table
    assert words in sentence(rule(), found(rule(), [value(0, 940)]), about=about)


def _facts(one: Indicator) -> dict[str, object]:
    return {"name": one.name, "title": one.title, "formula": one.formula, "unit": one.unit}
