"""What is remembered of a series: plain values, always as many, and no other form."""

import json
from collections.abc import Callable

import pytest

from services.analytics.domain.seasonal.state import Plain, SeasonalState
from tests.unit.analytics.seasonal.series import daily, judged, observe, with_season


def _learned(weeks: int) -> SeasonalState:
    state = SeasonalState()
    judged(observe(with_season(daily, weeks, seed=1)), state)
    return state


def _numbers(plain: object) -> int:
    if isinstance(plain, dict):
        return sum(_numbers(part) for part in plain.values())
    return len(plain) if isinstance(plain, list) else 1


def test_it_is_a_few_hundred_numbers_however_long_the_series() -> None:
    assert _numbers(_learned(1).to_plain()) == _numbers(_learned(12).to_plain()) == _numbers(SeasonalState().to_plain())
    assert _numbers(SeasonalState().to_plain()) < 600


def test_what_is_stored_is_a_copy() -> None:
    state = _learned(1)
    plain = state.to_plain()
    before = json.dumps(plain)
    judged(observe(with_season(daily, 2, seed=1))[168:], state)
    assert json.dumps(plain) == before
    assert SeasonalState.from_plain(plain).to_plain() == plain


def _other_form(plain: Plain) -> None:
    plain["form"] = 0


def _without_a_part(plain: Plain) -> None:
    del plain["expectation"]["day"]


def _hours_missing(plain: Plain) -> None:
    plain["expectation"]["week"]["means"].pop()


def _no_number(plain: Plain) -> None:
    plain["departures"]["level"] = "high"


@pytest.mark.parametrize(
    ("spoil", "named"),
    [(_other_form, "form 0"), (_without_a_part, "day"), (_hours_missing, "means"), (_no_number, "level")],
)
def test_a_state_that_is_not_whole_is_refused_by_name(spoil: Callable[[Plain], None], named: str) -> None:
    plain = _learned(1).to_plain()
    spoil(plain)
    with pytest.raises(ValueError, match=named):
        SeasonalState.from_plain(plain)
