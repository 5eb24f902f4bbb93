"""Every kind of window and formula from its definition over events to its values, beside a reference in plain Python."""

import math
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.sketch import RELATIVE_ERROR
from tests.service.analytics.alone import Alone, Inspection, alone
from tests.service.analytics.definitions import YIELD

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOUR_DAYS = {"kind": "rolling", "length": "P4D", "step": "P1D"}
SUM = YIELD | {
    "formula": {"kind": "sum", "measure": "passed"},
    "minimum_sample": 0,
    "allowed_lateness": "PT0S",
    "window": FOUR_DAYS,
}
SHIFTS = [
    {"name": "early", "starts": "06:00", "ends": "14:00"},
    {"name": "late", "starts": "14:00", "ends": "22:00"},
    {"name": "night", "starts": "23:00", "ends": "05:00"},
]


def inspection(number: int, day: float, passed: float, line: str = "A") -> Inspection:
    return Inspection(f"{line}-{number}", MONDAY + day * DAY, line, passed, 10)


def shown(analytics: Alone, indicator: str, line: str = "A") -> dict[datetime, tuple[float | None, str, str]]:
    """Window start → value, judgement, and whether it is open."""
    return {
        datetime.fromisoformat(item["window"]["start"]): (
            item["value"],
            item["judgement"],
            "open" if item["status"] == "provisional" else "closed",
        )
        for item in analytics.values(indicator, f"subject.line={line}")
    }


def rolling_reference(
    readings: Sequence[Inspection], length: int, *, last_day: int, line: str = "A"
) -> dict[datetime, tuple[float | None, str, str]]:
    """Sums over `length` days, a window ending with each day up to the one in which the newest reading lies."""
    by_day: defaultdict[int, float] = defaultdict(float)
    for reading in readings:
        if reading.line == line:
            by_day[(reading.at - MONDAY) // DAY] += reading.passed
    if not by_day:
        return {}
    found: dict[datetime, tuple[float | None, str, str]] = {}
    for last in range(min(by_day), last_day + 1):
        held = [day for day in by_day if last - length < day <= last]
        if held:
            first = last - length + 1
            judgement = "judged" if first >= min(by_day) else "insufficient"
            state = "closed" if last < last_day else "open"
            found[MONDAY + first * DAY] = (sum(by_day[day] for day in held), judgement, state)
    return found


def test_rolling_windows_go_on_over_days_without_readings_until_the_last_has_left(tmp_path: Path) -> None:
    with alone(tmp_path) as analytics:
        analytics.put("indicators/passed", SUM)
        readings = [inspection(0, 0.5, 1), inspection(1, 1.5, 2), inspection(2, 9.5, 4)]
        analytics.send([*readings, inspection(0, 12.5, 100, line="B")])
        assert shown(analytics, "passed") == rolling_reference(readings, 4, last_day=12)
        assert [value for value, _, _ in shown(analytics, "passed").values()] == [1, 3, 3, 3, 2, 4, 4, 4, 4]
        late = inspection(3, -2.5, 7)
        analytics.send([late])
        assert shown(analytics, "passed") == rolling_reference([*readings, late], 4, last_day=12)


def test_windows_after_the_last_reading_are_there_though_readings_closed_the_one_before(tmp_path: Path) -> None:
    """The watermark comes in the transaction that adds days 17 and 18, which makes the window up to day 19 final."""
    hours = {"4106135923-0": 0, "3707026329-1": 122, "4070888059-2": 429, "3646664648-3": 447, "242886303-4": 472}
    with alone(tmp_path, readings_batch=1) as analytics:
        analytics.put("indicators/passed", SUM)
        analytics.settle()
        readings = {new_id: Inspection(new_id, MONDAY + after * HOUR, "A", 0, 10) for new_id, after in hours.items()}
        order = ["4106135923-0", "4070888059-2", "3707026329-1", "242886303-4", "3646664648-3"]
        analytics.send([readings[new_id] for new_id in order] + [inspection(0, 26.5, 1, line="Z")])
        assert shown(analytics, "passed") == rolling_reference(list(readings.values()), 4, last_day=26)


def test_windows_after_the_last_reading_are_there_though_the_history_was_computed_when_they_had_closed(
    tmp_path: Path,
) -> None:
    """A value that was open when it was computed from history was made final by being judged, and nothing began the windows after it."""
    with alone(tmp_path) as analytics:
        for number in range(5):
            analytics.put(f"indicators/passed-{number}", SUM)
        readings = [inspection(0, 0.5, 1), inspection(1, 1.5, 2)]
        analytics.send([*readings, inspection(0, 12.5, 100, line="B")])
        for number in range(5):
            assert shown(analytics, f"passed-{number}") == rolling_reference(readings, 4, last_day=12)


STREAMS = st.lists(
    st.tuples(st.integers(0, 24 * 25), st.integers(0, 9), st.sampled_from("AB")), min_size=1, max_size=40
)
"""(hours after MONDAY, how many passed, line)."""


def below_ten_reference(
    values: dict[datetime, tuple[float | None, str, str]],
) -> list[tuple[datetime, datetime | None]]:
    """Start of the window that completed two misses of "at least 10" in a row, and of the one that met it again."""
    found: list[tuple[datetime, datetime | None]] = []
    missed, before = 0, None
    for start, (value, judgement, state) in sorted(values.items()):
        if state == "open" or value is None or judgement != "judged":
            missed, before = 0, None
            continue
        run_goes_on = before is not None and start == before + DAY
        missed, before = 0 if value >= 10 else 1 + missed * run_goes_on, start
        is_open = bool(found) and found[-1][1] is None
        if missed >= 2 and not is_open:
            found.append((start, None))
        elif value >= 10 and is_open:
            found[-1] = (found[-1][0], start)
    return found


def episodes(analytics: Alone, line: str) -> list[tuple[datetime, datetime | None]]:
    found = analytics.anomalies(f"limit=1000&subject.line={line}")
    return sorted(
        (
            datetime.fromisoformat(item["raised_window"]["start"]),
            datetime.fromisoformat(item["cleared_window"]["start"]) if item["cleared_window"] else None,
        )
        for item in found
    )


@settings(deadline=None, max_examples=12)
@given(STREAMS, st.randoms(use_true_random=False))
def test_any_order_any_batching_and_any_partitions_give_the_reference(
    stream: list[tuple[int, int, str]], chance: random.Random
) -> None:
    """Ids are drawn, so that partitions of `readings` are; some batches are sent twice; some are folded block by block."""
    readings = [
        Inspection(f"{chance.getrandbits(32)}-{number}", MONDAY + hours * HOUR, line, passed, 10)
        for number, (hours, passed, line) in enumerate(stream)
    ]
    end = inspection(0, 26.5, 1, line="Z")
    with TemporaryDirectory() as folder, alone(Path(folder), readings_batch=chance.choice([1, 3, 100])) as analytics:
        analytics.put("indicators/passed", SUM)
        rule = {"indicator": "passed", "kind": "target", "comparator": ">=", "target": 10, "for_windows": 2}
        analytics.put("rules/enough", rule)
        analytics.settle()
        left = chance.sample([*readings, end], len(readings) + 1)
        while left:
            count = chance.choice([1, 5, 20])
            batch, left = left[:count], left[count:]
            analytics.send([*batch, *chance.sample(batch, len(batch) // 3)], settle=chance.random() < 0.5)
        analytics.settle()
        wanted = {line: rolling_reference(readings, 4, last_day=26, line=line) for line in "AB"}
        assert {line: shown(analytics, "passed", line) for line in "AB"} == wanted
        assert {line: episodes(analytics, line) for line in "AB"} == {
            line: below_ten_reference(wanted[line]) for line in "AB"
        }


def test_rolling_windows_computed_from_history_equal_those_computed_live(tmp_path: Path) -> None:
    readings = [inspection(number, number * 0.7, number % 5) for number in range(40)]
    with alone(tmp_path, history_batch=5) as analytics:
        analytics.put("indicators/live", SUM)
        for start in range(0, 40, 4):
            analytics.send(readings[start : start + 4])
        analytics.put("indicators/later", SUM)
        analytics.pass_time(timedelta(seconds=1))
        assert shown(analytics, "later") == shown(analytics, "live") == rolling_reference(readings, 4, last_day=27)


def test_an_idle_source_lets_rolling_windows_close_by_the_clock_until_nothing_is_left(tmp_path: Path) -> None:
    with alone(tmp_path) as analytics:
        analytics.put("indicators/passed", SUM)
        today = analytics.clock.now().replace(hour=0)
        analytics.send([Inspection("a", today, "A", 5, 10)])
        analytics.pass_time(timedelta(days=2))
        assert [state for _, _, state in shown(analytics, "passed").values()] == ["closed", "closed", "open"]
        analytics.pass_time(timedelta(days=30))
        assert [value for value, _, _ in shown(analytics, "passed").values()] == [5, 5, 5, 5]
        assert {state for _, _, state in shown(analytics, "passed").values()} == {"closed"}


def test_a_rule_that_comes_while_windows_close_by_the_clock_ends_no_row_of_rolling_windows(tmp_path: Path) -> None:
    """Judging anew closed the newest window, and with it the others never began. Found by the simulation."""
    with alone(tmp_path) as analytics:
        analytics.put("indicators/passed", SUM)
        today = analytics.clock.now().replace(hour=0)
        analytics.send([Inspection("a", today, "A", 5, 10)])
        analytics.clock.advance(timedelta(days=30))
        analytics.put("rules/enough", {"indicator": "passed", "kind": "target", "comparator": ">=", "target": 3})
        analytics.settle()
        assert [value for value, _, _ in shown(analytics, "passed").values()] == [5, 5, 5, 5]


def test_rolling_windows_that_had_begun_are_restated_and_followed_when_another_source_takes_the_watermark_back(
    tmp_path: Path,
) -> None:
    """What the clock had closed beyond the new source's time kept its value, and nothing followed. Found by the simulation."""
    with alone(tmp_path) as analytics:
        analytics.put("indicators/passed", SUM)
        today = analytics.clock.now().replace(hour=0)
        analytics.send([Inspection("a", today, "A", 5, 10)])
        analytics.pass_time(30 * DAY)
        assert [value for value, _, _ in shown(analytics, "passed").values()] == [5, 5, 5, 5]
        analytics.send([Inspection("b", today + 2 * DAY, "A", 3, 10, source="mes-8")])
        assert [value for value, _, _ in shown(analytics, "passed").values()] == [5, 5, 8, 8, 3]
        analytics.pass_time(DAY)
        assert [value for value, _, _ in shown(analytics, "passed").values()] == [5, 5, 8, 8, 3, 3]


def test_a_rule_is_judged_over_rolling_windows_a_step_apart(tmp_path: Path) -> None:
    with alone(tmp_path) as analytics:
        analytics.put("indicators/passed", SUM | {"title": "Passed"})
        rule = {"indicator": "passed", "kind": "target", "comparator": ">=", "target": 30, "for_windows": 2}
        analytics.put("rules/enough", rule)
        amounts = [10, 10, 10, 10, 1, 1, 1, 10, 10, 10]
        analytics.send([inspection(day, day + 0.5, amount) for day, amount in enumerate(amounts)])
        [anomaly] = analytics.anomalies()
        assert anomaly["state"] == "open"
        assert anomaly["reason"] == (
            "Passed of line=A was below 30 in 4 windows of 4 days running: 22 in the 4 days to 2026-03-07, "
            "13 in the 4 days to 2026-03-08, 13 in the 4 days to 2026-03-09, 22 in the 4 days to 2026-03-10; target ≥ 30"
        )


def test_windows_of_a_shift_carry_its_name(tmp_path: Path) -> None:
    with alone(tmp_path) as analytics:
        analytics.put("calendars/plant", {"time_zone": "Europe/Berlin", "shifts": SHIFTS})
        shift = {"kind": "tumbling", "every": "shift"}
        analytics.put("indicators/passed", SUM | {"window": shift, "calendar": "plant"})
        rule = {"indicator": "passed", "kind": "target", "comparator": ">=", "target": 5, "for_windows": 3}
        analytics.put("rules/enough", rule)
        at = [(3, 6), (3, 15), (4, 2), (4, 4.5), (4, 7), (4, 13)]  # day of March and hour in UTC
        analytics.send(
            [
                Inspection(str(day * 24 + hour), datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=hour), "A", 1, 10)
                for day, hour in at
            ]
        )
        windows = [item["window"] for item in analytics.values("passed")]
        assert [(window["start"][8:16], window.get("shift")) for window in windows] == [
            ("03T05:00", "early"),
            ("03T13:00", "late"),
            ("03T22:00", "night"),
            ("04T04:00", None),
            ("04T05:00", "early"),
            ("04T13:00", "late"),
        ]
        [anomaly] = analytics.anomalies()
        assert anomaly["raised_window"]["start"] == "2026-03-03T22:00:00Z"
        assert "the night shift of 2026-03-03" in anomaly["reason"]
        assert analytics.get("calendars/plant")["shifts"] == SHIFTS


def test_a_calendar_without_shifts_has_no_windows_of_a_shift(tmp_path: Path) -> None:
    with alone(tmp_path) as analytics:
        shift = SUM | {"window": {"kind": "tumbling", "every": "shift"}}
        refused = analytics.put("indicators/passed", shift, expect=422)
        assert "has no shifts" in str(refused)
        analytics.put("calendars/default", {"shifts": SHIFTS})
        analytics.put("indicators/passed", shift)
        assert "cannot be taken away" in str(analytics.put("calendars/default", {}, expect=422))


Sample = Callable[[list[float]], float]
FORMULAS: list[tuple[dict[str, Any], Sample, float]] = [
    ({"kind": "standard_deviation", "measure": "passed"}, statistics.stdev, 1e-12),
    (
        {"kind": "quantile", "measure": "passed", "q": 0.9},
        lambda readings: sorted(readings)[math.ceil(Fraction("0.9") * len(readings)) - 1],
        RELATIVE_ERROR,
    ),
]
ENDS: list[tuple[dict[str, Any], datetime, datetime]] = [
    ({"kind": "tumbling", "every": "quarter"}, datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
    ({"kind": "tumbling", "every": "year"}, datetime(2025, 4, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
    (
        {"kind": "rolling", "length": "P3M", "step": "P1M"},
        datetime(2025, 10, 1, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
    ),
]


@pytest.mark.parametrize(("formula", "exact", "error"), FORMULAS)
@pytest.mark.parametrize(("window", "start", "end"), ENDS)
def test_each_formula_over_each_window(
    tmp_path: Path,
    formula: dict[str, Any],
    exact: Sample,
    error: float,
    window: dict[str, Any],
    start: datetime,
    end: datetime,
) -> None:
    chance = random.Random(7)
    first = date(2025, 4, 1)
    readings = [
        Inspection(
            str(day),
            datetime(first.year, first.month, 1, 12, tzinfo=UTC) + day * DAY,
            "A",
            chance.lognormvariate(3, 1),
            1,
        )
        for day in range(370)
    ]
    with alone(tmp_path) as analytics:
        analytics.put("calendars/fiscal", {"fiscal_year_starts": "04-01"})
        analytics.put("indicators/spread", SUM | {"formula": formula, "window": window, "calendar": "fiscal"})
        chance.shuffle(readings)
        for part in range(0, 370, 50):
            analytics.send(readings[part : part + 50])
        [found] = (
            [item for item in analytics.values("spread") if datetime.fromisoformat(item["window"]["start"]) == start]
            if window["kind"] == "tumbling"
            else [item for item in analytics.values("spread") if datetime.fromisoformat(item["window"]["end"]) == end]
        )
        held = [reading.passed for reading in readings if start <= reading.at < end]
        assert (found["window"]["end"], found["sample_size"]) == (f"{end:%Y-%m-%dT%H:%M:%SZ}", len(held))
        assert found["value"] == pytest.approx(exact(held), rel=error * (1 + 1e-9))
