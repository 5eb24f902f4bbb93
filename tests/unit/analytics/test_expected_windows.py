"""Which windows should have readings, against a plain count of days, and what a rule finds of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.expected_windows import HELD, Expectation, Reach
from services.analytics.domain.finding import Deviation, Finding, Scene
from services.analytics.domain.indicator import TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rules.missing_data import MissingData, a_delay, format_delay
from shared.calendars.calendar import Calendar
from shared.calendars.shift import read_shifts
from shared.calendars.windows import Window, window_at
from shared.calendars.working_time import WorkingTime
from tests.unit.analytics.examples import MONDAY, indicator, value

DAY = timedelta(days=1)
WEDNESDAY_OFF = Calendar("default", holidays=frozenset({date(2024, 1, 3)}))
SCENE = Scene(indicator(window=TumblingWindow("day")), WEDNESDAY_OFF)


def day(number: int) -> Window:
    return Window(MONDAY + number * DAY, MONDAY + (number + 1) * DAY)


def held(number: int, count: int) -> KpiValue:
    return value(0, 96, 100, window=day(number), sample_size=count)


def expectation(condition: MissingData, *, closes: float | None, looked_at: int | None = None) -> Expectation:
    reached = None if closes is None else MONDAY + closes * DAY
    known = {} if looked_at is None else {"silent": MONDAY + looked_at * DAY}
    return Expectation("silent", condition, SCENE, Reach(reached, known))


def seen(windows: Sequence[KpiValue]) -> list[tuple[int, int]]:
    """(day, readings)."""
    return [((one.window.start - MONDAY).days, one.sample_size) for one in windows]


def sides(condition: MissingData, counts: Sequence[int]) -> list[Deviation | None]:
    """What is found of weeks with these numbers of readings."""
    values = [value(number, 96, 100, sample_size=count) for number, count in enumerate(counts)]
    findings = condition.findings(values, Scene(indicator(), WEDNESDAY_OFF))
    return [None if finding is None else finding.side for finding in findings]


@given(
    counts=st.dictionaries(st.integers(0, 25), st.integers(0, 4), min_size=1),
    minimum=st.integers(1, 3),
    seen_within=st.integers(1, 8),
    closes=st.integers(0, 40),
)
def test_each_day_worked_since_the_last_reading_is_expected(
    counts: dict[int, int], minimum: int, seen_within: int, closes: int
) -> None:
    condition = MissingData(minimum_readings=minimum, seen_within=seen_within)
    values = [held(number, count) for number, count in sorted(counts.items())]
    counts = {number: count for number, count in counts.items() if count}  # one that has lost its readings is no start

    wanted: dict[int, int] = {}
    silent = 0
    for number in range(min(counts, default=41), 41):
        is_worked = number % 7 < 5 and number != 2
        if number in counts:
            silent = 0
            if number < closes or counts[number] >= minimum:
                wanted[number] = counts[number]
        elif is_worked and number < closes:
            silent += 1
            if silent <= seen_within:
                wanted[number] = 0
    assert seen(expectation(condition, closes=closes).windows(values)) == sorted(wanted.items())


def test_what_was_due_stays_due_when_the_sources_seem_to_have_gone_back() -> None:
    values = [held(0, 1)]
    assert seen(expectation(MissingData(), closes=1, looked_at=4).windows(values)) == [(0, 1), (1, 0), (3, 0)]
    assert seen(expectation(MissingData(), closes=None).windows(values)) == [(0, 1)]


def test_a_window_that_is_open_is_in_order_when_it_has_enough_and_not_known_when_it_has_not() -> None:
    values = [held(0, 3), held(1, 2)]
    condition = MissingData(minimum_readings=3)
    assert seen(expectation(condition, closes=0).windows(values)) == [(0, 3)]
    assert seen(expectation(MissingData(lowest_share=0.5), closes=0).windows(values)) == []


def test_the_time_between_shifts_is_not_expected() -> None:
    shifts = read_shifts([{"name": "early", "starts": "06:00", "ends": "14:00"}])
    calendar = Calendar("default", shifts=shifts)
    scene = Scene(indicator(window=TumblingWindow("shift")), calendar)
    first = value(0, 96, 100, window=window_at(calendar, "shift", MONDAY + timedelta(hours=7)))
    reach = Reach(MONDAY + 2 * DAY)
    found = Expectation("silent", MissingData(), scene, reach).windows([first])
    assert [one.window.start for one in found] == [MONDAY + timedelta(hours=6), MONDAY + timedelta(hours=30)]


def test_series_that_may_lack_data_are_those_with_a_gap() -> None:
    rows = [
        *((b"whole", number, 1) for number in (0, 1, 3)),
        *((b"gap", number, 1) for number in (0, 3)),
        (b"new", 3, 1),
        *((b"few", number, count) for number, count in ((1, 1), (3, 0))),
        (b"holiday", 2, 1),
    ]
    frame = pl.DataFrame(
        [(name, name.decode(), day(number).start, count) for name, number, count in rows], schema=HELD, orient="row"
    )
    windows = [day(number) for number in range(4)]
    asked = expectation(MissingData(), closes=4)
    assert asked.lacking(frame, windows) == [(b"gap", "gap"), (b"few", "few"), (b"holiday", "holiday")]
    assert len(expectation(MissingData(lowest_share=0.5), closes=4).lacking(frame, windows)) == 5
    assert asked.lacking(frame.clear(), windows) == []


@pytest.mark.parametrize(
    ("condition", "counts", "wanted"),
    [
        (MissingData(), [1, 0, 2], [None, "below", None]),
        (MissingData(minimum_readings=2, maximum_readings=4), [1, 2, 4, 5], ["below", None, None, "above"]),
        (MissingData(lowest_share=0.5), [10, 10, 10, 10, 4], [None, None, None, None, None]),  # nothing is usual yet
        (MissingData(lowest_share=0.5), [10, 10, 10, 10, 10, 4, 5], [None, None, None, None, None, "below", None]),
        (MissingData(highest_share=2), [10, 8, 12, 10, 10, 20, 21], [None, None, None, None, None, None, "above"]),
        (
            MissingData(highest_share=2, maximum_readings=15),
            [10, 10, 10, 10, 10, 16],
            [None, None, None, None, None, "above"],
        ),
        (
            MissingData(lowest_share=0.5),
            [10, 0, 0, 10, 10, 10, 10, 4],  # silence is not what is usual
            [None, "below", "below", None, None, None, None, "below"],
        ),
    ],
)
def test_what_is_found(condition: MissingData, counts: list[int], wanted: list[Deviation | None]) -> None:
    assert sides(condition, counts) == wanted


def test_a_day_off_may_have_few_readings_and_not_too_many() -> None:
    condition = MissingData(minimum_readings=2, maximum_readings=3)
    findings = condition.findings([held(1, 2), held(2, 1), held(2, 4)], SCENE)
    assert list(findings) == [Finding(None, 2), None, Finding("above", 3, 1 / 3)]


def test_the_size_is_the_share_that_is_missing() -> None:
    [absent, few] = MissingData(minimum_readings=5).findings(
        [value(0, 1, sample_size=0), value(1, 1, sample_size=4)], SCENE
    )
    assert absent == Finding("below", 5, 1.0)
    assert few == Finding("below", 5, 0.2)


@pytest.mark.parametrize(
    ("late", "friday_is_due"),
    [
        ("PT0S", datetime(2024, 1, 6, tzinfo=UTC)),
        ("PT6H", datetime(2024, 1, 6, 6, tzinfo=UTC)),
        ("2h", datetime(2024, 1, 8, 11, tzinfo=UTC)),
        ("1d", datetime(2024, 1, 9, 9, tzinfo=UTC)),
    ],
)
def test_a_delay_is_of_the_clock_or_of_working_time(late: str, friday_is_due: datetime) -> None:
    condition = MissingData(late=a_delay(late))
    assert condition.deadline(day(4), SCENE) == friday_is_due
    assert format_delay(condition.late) == late


def test_a_calendar_that_never_works_is_strict() -> None:
    scene = Scene(indicator(), Calendar("default", working_hours={}))
    assert MissingData(late=WorkingTime(days=1)).deadline(day(4), scene) == day(4).end


@pytest.mark.parametrize(
    ("late", "closes", "until"),
    [
        ("PT0S", MONDAY + 2.5 * DAY, MONDAY + 2 * DAY),
        ("PT0S", MONDAY + 2 * DAY, MONDAY + 2 * DAY),
        ("P1D", MONDAY + 2.5 * DAY, MONDAY + DAY),
        ("1d", MONDAY + 7.5 * DAY, MONDAY + 4 * DAY),  # Friday's working day ends on Tuesday
        ("PT0S", datetime.min.replace(tzinfo=UTC), None),
        ("PT0S", None, None),
    ],
)
def test_the_last_window_that_is_due(late: str, closes: datetime | None, until: datetime | None) -> None:
    assert Expectation("silent", MissingData(late=a_delay(late)), SCENE, Reach(closes)).due_until() == until
