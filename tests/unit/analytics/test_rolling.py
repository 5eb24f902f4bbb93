"""Which rolling windows hold which panes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.indicator import RollingWindow
from services.analytics.domain.rolling import overlaps
from services.analytics.domain.window_form import read_window, window_body
from shared.calendars.calendar import Calendar
from shared.calendars.windows import window_at
from shared.runtime.form import Form

START = datetime(2026, 3, 1, tzinfo=UTC)
BERLIN = Calendar("berlin", time_zone="Europe/Berlin")


def rolling(length: str, step: str) -> RollingWindow:
    form = Form({"window": {"kind": "rolling", "length": length, "step": step}})
    window = read_window(form)
    assert isinstance(window, RollingWindow), form.problems
    return window


PANES: list[tuple[str, str, int]] = [
    ("P4W", "P1D", 28),
    ("P4W", "P1W", 4),
    ("P1Y", "P1M", 12),
    ("P24M", "P1Y", 2),
    ("P1Y", "P3M", 4),
    ("PT24H", "PT1H", 24),
    ("P1D", "PT1H", 24),
    ("PT1H", "PT5M", 12),
    ("P1D", "P1D", 1),
]


@pytest.mark.parametrize(("length", "step", "panes"), PANES)
def test_a_window_is_a_whole_number_of_steps(length: str, step: str, panes: int) -> None:
    window = rolling(length, step)
    assert window.panes == panes
    assert window_body(window) == {"kind": "rolling", "length": length, "step": step}


WINDOWS = st.sampled_from(
    [("P3D", "P1D"), ("P1D", "P1D"), ("PT3H", "PT1H"), ("P2W", "P1W"), ("P1Y", "P1M"), ("PT1H", "PT20M")]
)


@settings(deadline=None)
@given(WINDOWS, st.lists(st.integers(0, 24 * 90), min_size=1, max_size=6))
def test_every_window_that_holds_a_pane_is_found_once_with_all_its_panes(
    lengths: tuple[str, str], hours: list[int]
) -> None:
    window = rolling(*lengths)
    starts = [window_at(BERLIN, window.cut, START + timedelta(hours=hour)).start for hour in hours]
    frame = overlaps(BERLIN, window, starts)
    found: dict[tuple[datetime, datetime], list[datetime]] = {}
    for start, end, last, pane in zip(*(frame[name].to_list() for name in frame.columns), strict=True):
        assert window_at(BERLIN, window.cut, last).end == end
        found.setdefault((start, end), []).append(pane)
    for (start, end), panes in found.items():
        assert (panes[0], len(panes)) == (start, window.panes)
        following = [window_at(BERLIN, window.cut, pane).end for pane in panes]
        assert following == [*panes[1:], end]
    for pane in starts:
        assert sum(pane in panes for panes in found.values()) == window.panes


def test_days_of_a_clock_change_are_days() -> None:
    """Seven days around 29 March 2026 in Berlin are an hour shorter than a week, seven times 24 hours are not."""
    midnight = datetime.combine(date(2026, 3, 29), time(0), BERLIN.zone).astimezone(UTC)
    days = overlaps(BERLIN, rolling("P7D", "P1D"), [midnight])
    lengths = {
        end - start for start, end in zip(days["window_start"].to_list(), days["window_end"].to_list(), strict=True)
    }
    assert lengths == {timedelta(days=7) - timedelta(hours=1)}
    hours = overlaps(BERLIN, rolling("PT168H", "PT1H"), [midnight])
    lengths = {
        end - start for start, end in zip(hours["window_start"].to_list(), hours["window_end"].to_list(), strict=True)
    }
    assert lengths == {timedelta(days=7)}


def test_windows_that_would_reach_beyond_the_calendar_are_left_out() -> None:
    last = overlaps(Calendar("utc"), rolling("P3Y", "P1Y"), [datetime(9998, 1, 1, tzinfo=UTC)])
    assert last["window_end"].to_list() == [datetime(9999, 1, 1, tzinfo=UTC)] * 3
    first = overlaps(Calendar("utc"), rolling("P3Y", "P1Y"), [datetime(2, 1, 1, tzinfo=UTC)])
    assert first["window_start"].unique().to_list() == [datetime(2, 1, 1, tzinfo=UTC)]
