"""What trying rules and their statistics read, and what is kept of issues, on both databases."""

from dataclasses import replace

import pytest

from services.analytics.adapters.reader import SqlReaders
from services.analytics.adapters.units_of_work import SqlFollowUnitOfWork
from services.analytics.domain.anomaly import Judged, reconcile, withdraw
from services.analytics.domain.rule_statistics import RuleStatistics
from services.analytics.ports.following import FollowedIssue
from services.analytics.ports.trying import ReplayBounds, Replayed, ReplayPart
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window
from shared.database.engine import Database
from shared.database.migrations import Migrations
from shared.runtime.identifiers import CountingIds
from tests.contract.test_analytics_stores import row, save, unit, values
from tests.unit.analytics.examples import NOW, found, indicator, key, rule, value, week

LINES = ("A", "B", '"', "Ä\\n")
ALL = Replayed("first-pass-yield", 1)
WIDE = ReplayBounds(series=100, values=1000)


@pytest.fixture
def migrated(database: Database) -> Database:
    Migrations(database, "services.analytics.migrations").upgrade()
    return database


def part(database: Database, wanted: Replayed, after: bytes | None = None, bounds: ReplayBounds = WIDE) -> ReplayPart:
    with SqlReaders(database)() as reader:
        return reader.replays.part(wanted, after=after, bounds=bounds)


def test_whole_series_are_read_in_parts_without_provisional_values(migrated: Database) -> None:
    rows = [row(number, line) for line in LINES for number in range(3)]
    later = [row(3, line, status="provisional", revision=0) for line in LINES]
    others = [row(0, "A", indicator="other"), row(0, "A", indicator_version=2)]
    save(migrated, values(*rows, *later))
    whole = part(migrated, ALL)
    assert whole.after is None
    assert [len(series) for series in whole.series] == [3] * len(LINES)
    assert all([one.window for one in series] == [week(0), week(1), week(2)] for series in whole.series)
    for bounds in (ReplayBounds(2, 1000), ReplayBounds(100, 7), ReplayBounds(100, 1), ReplayBounds(1, 1)):
        parts = [part(migrated, ALL, bounds=bounds)]
        while parts[-1].after is not None:
            parts.append(part(migrated, ALL, parts[-1].after, bounds))
        assert [series for one in parts for series in one.series] == list(whole.series)
        assert all(len(one.series) == min(bounds.series, max(1, bounds.values // 3)) for one in parts)
    assert [one.window for one in part(migrated, replace(ALL, subject={"line": '"'})).series[0]] == [
        week(0),
        week(1),
        week(2),
    ]
    assert part(migrated, replace(ALL, subject={"line": "C"})) == ReplayPart([], None)
    assert [part(migrated, Replayed(one["indicator"], one["indicator_version"])).series for one in others] == [[], []]


def test_the_span_is_that_of_final_values(migrated: Database) -> None:
    with SqlReaders(migrated)() as reader:
        assert reader.replays.span("first-pass-yield", 1) is None
    save(migrated, values(row(1, "A"), row(4, "B"), row(0, "B", status="provisional"), row(5, status="provisional")))
    with SqlReaders(migrated)() as reader:
        assert reader.replays.span("first-pass-yield", 1) == Window(week(1).start, week(4).end)
        assert reader.replays.span("first-pass-yield", 2) is None


def test_statistics_count_anomalies_by_state_and_issues_by_verdict(migrated: Database) -> None:
    _raise(migrated, "yield-below-95", 94, 96, 94)
    _raise(migrated, "another", 94, line="B")
    with SqlFollowUnitOfWork(migrated) as uow:
        uow.issues.lock()
        for number, verdict in enumerate(("confirmed", "rejected_as_false", "confirmed")):
            uow.issues.save(FollowedIssue(f"I{number}", verdict))  # type: ignore[arg-type]  # they are verdicts
        for issue, anomaly, name in (("I0", "a", "another"), ("I0", "b", "yield-below-95"), ("I1", "b", "another")):
            uow.issues.add_anomaly(issue, anomaly_id=anomaly, rule=name)
            uow.issues.add_anomaly(issue, anomaly_id=anomaly, rule=name)
        uow.issues.add_anomaly("I0", anomaly_id="c", rule="another")
        uow.commit()
    wanted = {
        "yield-below-95": RuleStatistics({"cleared": 1, "withdrawn": 1}, {"confirmed": 1}),
        "another": RuleStatistics({"open": 1}, {"confirmed": 1, "rejected_as_false": 1}),
    }
    with SqlReaders(migrated)() as reader:
        assert reader.statistics.of_rules(None) == wanted
        assert reader.statistics.of_rules(["another", "unknown"]) == {"another": wanted["another"]}
        assert reader.statistics.of_rules([]) == {}


def _raise(database: Database, name: str, *yields: float, line: str = "A") -> None:
    """Save the anomalies of a rule; one that is open and not alone is withdrawn."""
    judged = rule(name=name)
    series = [value(number, percent * 10, key=key(line)) for number, percent in enumerate(yields)]
    of_rule = Judged(judged, indicator(), DEFAULT_CALENDAR, key(line), {"line": line}, NOW)
    ids = CountingIds()
    raised = {
        change.anomaly.id: change.anomaly
        for change in reconcile([], found(judged, series), of_rule, new_id=lambda: f"{name}-{ids.next()}")
    }
    newest = [
        withdraw(one, {"en": "-", "zh": "-"}, NOW).anomaly if one.state == "open" and len(raised) > 1 else one
        for one in raised.values()
    ]
    with unit(database) as uow:
        uow.anomalies.save(newest)
        uow.commit()


def test_anomalies_of_a_merged_issue_move_and_are_held_once(migrated: Database) -> None:
    with SqlFollowUnitOfWork(migrated) as uow:
        assert uow.issues.get("I0") is None
        uow.issues.save(FollowedIssue("I0"))
        uow.issues.save(FollowedIssue("I1", "confirmed"))
        for issue, anomaly in (("I0", "a"), ("I0", "b"), ("I1", "b")):
            uow.issues.add_anomaly(issue, anomaly_id=anomaly, rule="r")
        uow.commit()
    _raise(migrated, "r", 94)
    with SqlFollowUnitOfWork(migrated) as uow:
        uow.issues.save(FollowedIssue("I0", merged_into="I1"))
        uow.issues.move_anomalies("I0", "I1")
        assert uow.issues.get("I0") == FollowedIssue("I0", merged_into="I1")
        uow.commit()
    with SqlReaders(migrated)() as reader:
        assert reader.statistics.of_rules(["r"])["r"].issues == {"confirmed": 1}
