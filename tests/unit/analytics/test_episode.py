"""Runs, episodes, and that judging bit by bit, in any order and with restated values, equals judging everything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.anomaly import Change, ChangeKind
from services.analytics.domain.episode import NEWEST_EVIDENCE, Episode, context_begins
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rules.change import ChangeFromPrevious
from services.analytics.use_cases.judging import Judging
from shared.calendars.windows import Window
from shared.runtime.identifiers import CountingIds
from tests.unit.analytics.examples import found, indicator, rule, value, week
from tests.unit.analytics.stored import Stored, turn


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
    assert spans(found(judged, weeks(*figures))) == wanted


# yields per week, the rule → (first, raised, cleared)
SHAPED: list[tuple[list[float | None], dict[str, Any], list[tuple[int, int, int | None]]]] = [
    ([94, 96, 94], {"for_windows": 2, "of": 3}, [(0, 2, None)]),
    ([94, 96, 96, 94], {"for_windows": 2, "of": 3}, []),
    ([94, None, 94], {"for_windows": 2, "of": 3}, []),  # a missing week ends a run of any kind
    ([94, 94, 96, 94, 96, 94], {"for_windows": 2, "of": 3}, [(0, 1, 2), (3, 5, None)]),  # nothing counts twice
    ([94, 94, 96, 94], {"for_windows": 2, "of": 3}, [(0, 1, 2)]),
    ([94, 96, 94, 96, 96, 94], {"cooldown": 2}, [(0, 0, None)]),
    ([94, 96, 96, 96, 94], {"cooldown": 2}, [(0, 0, 1), (4, 4, None)]),
    ([94, 96, None, 94, 96], {"cooldown": 2}, [(0, 0, 4)]),  # windows of the calendar count, with values or without
    ([94, 90], {"minimum_effect": 0.02}, [(1, 1, None)]),
    ([93, 97], {"minimum_effect": 0.02}, [(0, 0, 1)]),  # 0.02 is enough
    ([94], {"minimum_sample": 1001}, []),
]


@pytest.mark.parametrize(("figures", "shape", "wanted"), SHAPED)
def test_shapes(figures: list[float | None], shape: dict[str, Any], wanted: list[tuple[int, int, int | None]]) -> None:
    assert spans(found(rule(**shape), weeks(*figures))) == wanted


@pytest.mark.parametrize(("figures", "shape", "wanted"), SHAPED)
def test_shapes_judged_window_by_window(
    figures: list[float | None], shape: dict[str, Any], wanted: list[tuple[int, int, int | None]]
) -> None:
    stored, judging = Stored(), Judging(CountingIds().next)
    for one in weeks(*figures):
        stored.held[one.window.start] = one
        judging.changed(turn(stored, rule(**shape)), indicator(), [one])
    assert spans([one.episode for one in stored.known.values() if one.state != "withdrawn"]) == wanted


def test_what_comes_back_within_the_cooldown_is_the_same_anomaly_and_can_be_undone() -> None:
    judged = rule(cooldown=2)
    stored, judging = Stored(), Judging(CountingIds().next)
    for one in weeks(94, 96, 96, 94):
        stored.held[one.window.start] = one
        judging.changed(turn(stored, judged), indicator(), [one])
    [anomaly] = stored.known.values()
    assert (anomaly.state, anomaly.episode.misses) == ("open", 2)
    stored.held[week(3).start] = value(3, 960, revision=2)
    judging.changed(turn(stored, judged), indicator(), [stored.held[week(3).start]])
    assert [one.state for one in stored.known.values()] == ["cleared"]
    assert stored.known[anomaly.id].episode.cleared == week(1)


def test_an_observing_rule_raises_and_opens_nothing() -> None:
    for mode, opens in (("act", True), ("observe", False)):
        stored = Stored()
        [bad] = weeks(94)
        stored.held[bad.window.start] = bad
        [raised] = Judging(CountingIds().next).changed(
            turn(stored, rule(opens_issue=True, mode=mode)), indicator(), [bad]
        )
        assert raised.anomaly.opens_issue is opens


def test_the_size_of_the_worst_window_decides_the_severity() -> None:
    judged = rule(severity_by_size=((0.01, "major"), (0.05, "critical")))
    stored, judging = Stored(), Judging(CountingIds().next)
    told = []
    for one in weeks(94.5, 94, 89, 94):
        stored.held[one.window.start] = one
        told += judging.changed(turn(stored, judged), indicator(), [one])
    assert [change.anomaly.severity for change in told] == ["moderate", "major", "critical", "critical"]


def test_only_windows_that_begin_in_the_period_count() -> None:
    judged = rule(for_windows=2, period=Window(week(1).start, week(3).start))
    assert spans(found(judged, weeks(94, 94, 94, 94))) == [(1, 2, None)]
    assert spans(found(judged, weeks(94, 94, 96, 94))) == []


def test_an_episode_carries_its_first_run_and_the_newest_values() -> None:
    [raised] = found(rule(for_windows=2), weeks(*[94.0] * 100))
    assert raised.misses == 100
    starts = [seen.window.start for seen in raised.evidence]
    assert starts == [week(number).start for number in (0, 1, *range(100 - NEWEST_EVIDENCE, 100))]


UPDATES = st.lists(
    st.lists(
        st.tuples(st.sampled_from([*range(10), 52, 53, 54, 55]), st.sampled_from([930, 940, 950, 970, -1])),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=12,
)


SHAPES = st.fixed_dictionaries(
    {"for_windows": st.integers(1, 3), "clear_after": st.integers(1, 3)},
    optional={
        "of": st.integers(2, 5),
        "cooldown": st.integers(1, 3),
        "minimum_sample": st.just(1000),
        "minimum_effect": st.sampled_from([0.01, 0.015]),
        "confidence": st.just(0.9),
        "condition": st.sampled_from(
            [
                ChangeFromPrevious(0.015),
                ChangeFromPrevious(0.02, relative=False, reports="worse"),
                ChangeFromPrevious(0.01, against="year_before"),
            ]
        ),
        "period": st.just(Window(week(2).start, week(8).start)),
        "severity_by_size": st.just(((0.02, "critical"),)),
    },
)


@settings(deadline=None)
@given(batches=UPDATES, shape=SHAPES)
def test_judging_bit_by_bit_equals_judging_everything(
    batches: list[list[tuple[int, int]]], shape: dict[str, Any]
) -> None:
    judged = rule(**shape)
    stored, judging = Stored(), Judging(CountingIds().next)
    for number, batch in enumerate(batches):
        changed = {}
        for at, passed in batch:
            judgement = "judged" if passed > 0 else "insufficient"
            of = 999 if at == 4 else 1000
            changed[week(at).start] = value(at, abs(passed), of, judgement=judgement, revision=number)
        stored.held.update(changed)
        judging.changed(turn(stored, judged), indicator(), list(changed.values()))

    everything = found(judged, [stored.held[at] for at in sorted(stored.held)])
    standing = [anomaly for anomaly in stored.known.values() if anomaly.state != "withdrawn"]
    assert sorted((anomaly.episode for anomaly in standing), key=lambda one: one.first) == everything
    assert all((anomaly.state == "open") == (anomaly.episode.cleared is None) for anomaly in standing)
    assert all(anomaly.severity == judged.severity_of(anomaly.episode.size) for anomaly in standing)
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
    other = rule(name="another", target=Decimal("0.475"))
    [closed] = judging.whole(turn(stored, other), indicator(), [history[0].key])
    assert (closed.kind, closed.anomaly.state) == (ChangeKind.CLEARED, "cleared")
    assert closed.anomaly.reason.endswith("no rule judges it any more")
    assert (closed.anomaly.cleared_because, closed.anomaly.episode.clearing) == ("no_rule", None)
    [back] = judging.whole(turn(stored, judged), indicator(), [history[0].key])
    assert (back.kind, back.anomaly.id, back.anomaly.state) == (ChangeKind.UPDATED, closed.anomaly.id, "open")
    assert back.anomaly.cleared_because is None


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
