"""Runs, episodes, and that judging bit by bit, in any order and with restated values, equals judging everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.anomaly import Anomaly, Change, ChangeKind
from services.analytics.domain.catalogue import make_catalogue
from services.analytics.domain.episode import NEWEST_EVIDENCE, Episode, context_begins, episodes
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import TargetRule
from services.analytics.ports.evaluating import EvaluateUnitOfWork
from services.analytics.use_cases.judging import Judging, Turn
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import NOW, indicator, rule, value, week


def weeks(*figures: float | None) -> list[KpiValue]:
    """One week each: a yield in per cent, None for a week without readings, a negative number for too small a sample."""
    found = []
    for number, figure in enumerate(figures):
        if figure is not None and figure < 0:
            found.append(value(number, 1, 10, judgement="insufficient"))
        elif figure is not None:
            found.append(value(number, figure * 10))
    return found


def spans(found: Sequence[Episode]) -> list[tuple[int, int, int | None]]:
    """(first, raised, cleared) as numbers of weeks."""

    def number(window: Window) -> int:
        return (window.start - week(0).start).days // 7

    return [
        (number(one.evidence[0].window), number(one.raised), None if one.cleared is None else number(one.cleared))
        for one in found
    ]


# yields per week, for_windows, clear_after → (first, raised, cleared)
EXAMPLES: list[tuple[list[float | None], int, int, list[tuple[int, int, int | None]]]] = [
    ([94, 94], 2, 1, [(0, 1, None)]),  # mission.md W5
    ([94, 95], 2, 1, []),  # equality does not count
    ([94, None, 94], 2, 1, []),  # a missing week breaks the row
    ([94, -1, 94], 2, 1, []),  # so does one with too small a sample
    ([96, 96, 97], 2, 1, []),  # W7
    ([94, 94, 94, 96, 94, 94], 2, 1, [(0, 1, 3), (4, 5, None)]),
    ([94, 94, None, 94], 2, 1, [(0, 1, None)]),  # an episode outlasts a gap
    ([94, 94, -1, 96], 2, 1, [(0, 1, 3)]),
    ([94], 1, 1, [(0, 0, None)]),
    ([94, 96, 94], 1, 1, [(0, 0, 1), (2, 2, None)]),
    ([94, 96, 94, 96, 96], 1, 2, [(0, 0, 4)]),
    ([94, 96, None, 96, 96], 1, 2, [(0, 0, 4)]),
    ([94, 94, 94], 3, 1, [(0, 2, None)]),
    ([], 2, 1, []),
]


@pytest.mark.parametrize(("figures", "for_windows", "clear_after", "wanted"), EXAMPLES)
def test_examples(
    figures: list[float | None], for_windows: int, clear_after: int, wanted: list[tuple[int, int, int | None]]
) -> None:
    judged = rule(for_windows=for_windows, clear_after=clear_after)
    assert spans(episodes(judged, weeks(*figures))) == wanted


def test_only_windows_that_begin_in_the_period_count() -> None:
    judged = rule(for_windows=2, period=Window(week(1).start, week(3).start))
    assert spans(episodes(judged, weeks(94, 94, 94, 94))) == [(1, 2, None)]
    assert spans(episodes(judged, weeks(94, 94, 96, 94))) == []


def test_an_episode_carries_its_first_run_and_the_newest_values() -> None:
    [found] = episodes(rule(for_windows=2), weeks(*[94.0] * 100))
    assert found.misses == 100
    starts = [seen.window.start for seen in found.evidence]
    assert starts == [week(number).start for number in (0, 1, *range(100 - NEWEST_EVIDENCE, 100))]


@dataclass
class Stored:
    """Values and anomalies in memory, with the same filters as the stores on SQL."""

    held: dict[datetime, KpiValue] = field(default_factory=dict)
    known: dict[str, Anomaly] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def history(self, wanted: Mapping[bytes, datetime | None]) -> Mapping[bytes, Sequence[KpiValue]]:
        [(series, since)] = wanted.items()
        return {series: [self.held[at] for at in sorted(self.held) if since is None or at >= since]}

    def standing(self, series: Sequence[bytes], since: datetime | None) -> Mapping[bytes, Sequence[Anomaly]]:
        def stands(anomaly: Anomaly) -> bool:
            cleared = anomaly.episode.cleared
            return anomaly.state == "open" or since is None or (cleared is not None and cleared.start >= since)

        found = [one for one in self.known.values() if one.state != "withdrawn" and stands(one)]
        return {series[0]: sorted(found, key=lambda one: (one.episode.first, one.id))}

    def save(self, anomalies: Sequence[Anomaly]) -> None:
        self.known.update({anomaly.id: anomaly for anomaly in anomalies})

    def anomalies(self, changes: Sequence[Change], now: datetime) -> None:
        self.changes += changes


@dataclass
class FakeUnit:
    """What judging needs of a unit of work."""

    values: Stored
    anomalies: Stored
    events: Stored


def turn(stored: Stored, judged: TargetRule) -> Turn:
    catalogue = make_catalogue(
        revision=1, indicators=[indicator()], calendars={"default": DEFAULT_CALENDAR}, rules=[judged]
    )
    unit: Any = FakeUnit(stored, stored, stored)
    return Turn(cast("EvaluateUnitOfWork", unit), catalogue, NOW)


UPDATES = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([930, 940, 950, 970, -1])), min_size=1, max_size=4),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(batches=UPDATES, for_windows=st.integers(1, 3), clear_after=st.integers(1, 3))
def test_judging_bit_by_bit_equals_judging_everything(
    batches: list[list[tuple[int, int]]], for_windows: int, clear_after: int
) -> None:
    judged = rule(for_windows=for_windows, clear_after=clear_after)
    stored, judging = Stored(), Judging(CountingIds().next)
    for number, batch in enumerate(batches):
        changed = {}
        for at, passed in batch:
            judgement = "judged" if passed > 0 else "insufficient"
            changed[week(at).start] = value(at, abs(passed), judgement=judgement, revision=number)
        stored.held.update(changed)
        judging.changed(turn(stored, judged), indicator(), list(changed.values()))

    everything = episodes(judged, [stored.held[at] for at in sorted(stored.held)])
    standing = [anomaly for anomaly in stored.known.values() if anomaly.state != "withdrawn"]
    assert sorted((anomaly.episode for anomaly in standing), key=lambda one: one.first) == everything
    assert all((anomaly.state == "open") == (anomaly.episode.cleared is None) for anomaly in standing)
    _check_story(stored.changes)


def _check_story(changes: Sequence[Change]) -> None:
    """Each anomaly is raised first and once, and nothing is said of it after it was withdrawn."""
    told: dict[str, list[ChangeKind]] = {}
    for change in changes:
        told.setdefault(change.anomaly.id, []).append(change.kind)
    for kinds in told.values():
        assert kinds[0] is ChangeKind.RAISED
        assert ChangeKind.RAISED not in kinds[1:]
        assert ChangeKind.WITHDRAWN not in kinds[:-1]


def test_judging_the_same_again_changes_nothing() -> None:
    judged = rule(for_windows=2)
    stored, judging = Stored(), Judging(CountingIds().next)
    history = weeks(94, 94, 94, 96, 94)
    stored.held.update({one.window.start: one for one in history})
    assert len(judging.changed(turn(stored, judged), indicator(), history)) == 2
    assert judging.changed(turn(stored, judged), indicator(), history) == []
    assert judging.whole(turn(stored, judged), indicator(), [history[0].key]) == []


def test_an_anomaly_that_no_rule_stands_behind_is_closed_and_comes_back_with_its_rule() -> None:
    judged = rule()
    stored, judging = Stored(), Judging(CountingIds().next)
    history = weeks(94)
    stored.held.update({one.window.start: one for one in history})
    judging.changed(turn(stored, judged), indicator(), history)
    other = replace(judged, name="another", target=rule().target / 2)
    [closed] = judging.whole(turn(stored, other), indicator(), [history[0].key])
    assert (closed.kind, closed.anomaly.state) == (ChangeKind.CLEARED, "cleared")
    assert closed.anomaly.reason.endswith("no rule judges it any more")
    [back] = judging.whole(turn(stored, judged), indicator(), [history[0].key])
    assert (back.kind, back.anomaly.id, back.anomaly.state) == (ChangeKind.UPDATED, closed.anomaly.id, "open")


def test_a_rule_that_no_longer_covers_the_subject_withdraws() -> None:
    judged = rule()
    stored, judging = Stored(), Judging(CountingIds().next)
    history = weeks(94)
    stored.held.update({one.window.start: one for one in history})
    judging.changed(turn(stored, judged), indicator(), history)
    [undone] = judging.whole(turn(stored, replace(judged, subject={"line": "B"})), indicator(), [history[0].key])
    assert undone.kind is ChangeKind.WITHDRAWN


def test_the_context_is_long_enough_at_the_beginning_of_time_too() -> None:
    assert context_begins(week(10).start, "week", 3) <= week(7).start
    first = datetime.min.replace(tzinfo=week(0).start.tzinfo)
    assert context_begins(first, "year", 3) == first
