"""What is remembered of a series: always as many bytes, a copy, and nothing else is taken for it."""

import pytest

from services.analytics.domain.seasonal.state import SeasonalState
from tests.unit.analytics.seasonal.series import daily, judged, observe, with_season


def _learned(weeks: int) -> SeasonalState:
    state = SeasonalState()
    judged(observe(with_season(daily, weeks, seed=1)), state)
    return state


def test_it_is_a_few_kilobytes_however_long_the_series() -> None:
    sizes = {len(state.packed()) for state in (SeasonalState(), _learned(1), _learned(12))}
    assert sizes == {4281}


def test_what_is_stored_is_a_copy() -> None:
    state = _learned(1)
    packed = state.packed()
    again = SeasonalState.unpacked(packed)
    before = again.packed()
    judged(observe(with_season(daily, 2, seed=1))[168:], state)
    assert before == packed == again.packed() != state.packed()


@pytest.mark.parametrize("spoilt", [b"", b"no state", SeasonalState().packed()[:-8], SeasonalState().packed() + b"1"])
def test_what_is_no_state_is_refused(spoilt: bytes) -> None:
    with pytest.raises(ValueError, match="learn the series anew"):
        SeasonalState.unpacked(spoilt)
