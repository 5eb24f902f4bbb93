"""Looking at windows as they come due, in whatever portions, finds what looking at all of them at the end would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.catalogue import make_catalogue
from services.analytics.domain.episode import episodes
from services.analytics.domain.expected_windows import HELD, Expectation, Held, Reach
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import TumblingWindow
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.partition_state import PartitionState
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.ports.evaluating import EvaluateUnitOfWork, Scope
from services.analytics.use_cases.expecting import Expecting
from services.analytics.use_cases.judging import Judging, Turn
from shared.calendars.calendar import Calendar
from shared.calendars.windows import Window
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import MONDAY, NOW, indicator, rule, value
from tests.unit.analytics.stored import FakeUnit, Stored

DAY = timedelta(days=1)
DAILY = indicator(window=TumblingWindow("day"))
CALENDAR = Calendar("default", holidays=frozenset({date(2024, 1, 3), date(2024, 1, 9)}))
SCENE, SCOPE = Scene(DAILY, CALENDAR), Scope(0, DAILY)


@dataclass
class Values:
    """The values of `Stored`, and what stage two asks of them by span."""

    stored: Stored

    def history(
        self, wanted: Mapping[bytes, datetime | None], *, with_open: bool = False
    ) -> Mapping[bytes, Sequence[KpiValue]]:
        return self.stored.history(wanted, with_open=with_open)

    def held(self, scope: Scope, span: Window) -> Held:
        del scope
        inside = [one for at, one in sorted(self.stored.held.items()) if span.start <= at < span.end]
        rows = [(one.key.series, one.key.subject, one.window.start, one.sample_size) for one in inside]
        return pl.DataFrame(rows, schema=HELD, orient="row")

    def earliest_start(self, scope: Scope) -> datetime | None:
        del scope
        return min(self.stored.held, default=None)


@dataclass
class Anomalies(Stored):
    """Anomalies in memory, also by rule."""

    def open_of_rule(self, scope: Scope, rule: str) -> Sequence[Anomaly]:
        del scope
        return [one for one in self.known.values() if one.state == "open" and one.rule == rule]


def daily(number: int, count: int) -> KpiValue:
    start = MONDAY + number * DAY
    return value(0, 96, 100, window=Window(start, start + DAY), sample_size=count)


@settings(deadline=None)
@given(
    counts=st.dictionaries(st.integers(0, 30), st.integers(1, 3), min_size=1, max_size=12),
    closings=st.lists(st.integers(0, 110), min_size=1, max_size=12).map(sorted),
    shape=st.fixed_dictionaries(
        {"for_windows": st.integers(1, 3), "clear_after": st.integers(1, 2)},
        optional={"of": st.integers(3, 4), "cooldown": st.just(2)},
    ),
    condition=st.builds(
        MissingData,
        minimum_readings=st.integers(1, 2),
        seen_within=st.integers(1, 60),
        late=st.sampled_from([DAY, 0 * DAY]),
    ),
    portion=st.integers(1, 9),
)
@example(  # what comes due last goes on the anomaly of what is closed first, and takes the one between along
    counts={0: 1, 1: 1, 12: 1, 15: 1},
    closings=[13, 18],
    shape={"for_windows": 1, "clear_after": 1, "cooldown": 2},
    condition=MissingData(minimum_readings=1, seen_within=1, late=DAY),
    portion=1,
)
def test_bit_by_bit_equals_all_at_once(
    counts: dict[int, int],
    closings: list[int],
    shape: dict[str, Any],
    condition: MissingData,
    portion: int,
) -> None:
    judged = rule(name="silent", condition=condition, **shape)
    catalogue = make_catalogue(revision=1, indicators=[DAILY], calendars={"default": CALENDAR}, rules=[judged])
    stored = Anomalies()
    unit: Any = FakeUnit(cast("Stored", Values(stored)), stored, stored, stored.checkpoints)
    turn = Turn(cast("EvaluateUnitOfWork", unit), catalogue, NOW)
    judging = Judging(CountingIds().next)
    expecting, state = Expecting(turn, judging, portion, 1), PartitionState()

    for day in closings:
        closes = MONDAY + day * DAY
        final = [daily(at, count) for at, count in sorted(counts.items()) if at < day]
        new = [one for one in final if one.window.start not in stored.held]
        stored.held.update({one.window.start: one for one in new})
        judging.changed(turn, DAILY, new, reach=expecting.reach(SCOPE, state, closes))
        has_more = True
        while has_more:
            state, _, has_more = expecting.look(SCOPE, state, closes)

    reach = Reach(MONDAY + closings[-1] * DAY)
    windows = Expectation("silent", condition, SCENE, reach).windows([one for _, one in sorted(stored.held.items())])
    standing = [one.episode for one in stored.known.values() if one.state != "withdrawn"]
    assert sorted(standing, key=lambda one: one.first) == episodes(judged, windows, scene=SCENE)
