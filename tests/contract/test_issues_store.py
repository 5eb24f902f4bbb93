"""The store of issues on both databases: what is kept, numbers, versions, fingerprints, filters, goals, two at once."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.issues.adapters.issue_store import SqlReaders
from services.issues.adapters.unit_of_work import IssuesUnitOfWork
from services.issues.domain.errors import StaleVersion
from services.issues.domain.fingerprint import fingerprint_of
from services.issues.domain.goal import Goal
from services.issues.domain.issue import HistoryLine, Issue, Link, State, Told
from services.issues.domain.routing import Route, Routing
from services.issues.metrics import IssuesMetrics
from services.issues.ports import IssueFilter
from services.issues.use_cases.advance_issue import AdvanceIssue, Request
from services.issues.use_cases.attaching import Attach
from services.issues.use_cases.report_issue import ReportedTrouble, ReportIssue
from shared.database.engine import Database
from shared.database.migrations import Migrations
from shared.database.versioning import ConcurrentChange
from shared.runtime.identifiers import CountingIds
from shared.telemetry.metrics import MetricFactory
from tests.unit.issues.examples import MANAGER, NOW, POLICIES, action, cause, issue, occurrence

TOGETHER = 8


@pytest.fixture
def units(database: Database) -> Callable[[], IssuesUnitOfWork]:
    Migrations(database, "services.issues.migrations").upgrade()
    ids, metrics = CountingIds(), IssuesMetrics(MetricFactory(CollectorRegistry(), "issues"))
    return lambda: IssuesUnitOfWork(database, ids, metrics)


Units = Callable[[], IssuesUnitOfWork]


def kept(units: Units, *issues: Issue) -> None:
    with units() as uow:
        for one in issues:
            uow.issues.add(one)
        uow.commit()


def numbered(number: int, **changed: Any) -> Issue:
    subject = changed.pop("subject", {"line": f"L{number}"})
    named = {"id": f"issue-{number}", "number": f"I-{number:06d}", "subject": subject}
    return issue(**{**named, "fingerprint": fingerprint_of("first-pass-yield", subject, "below"), **changed})


def test_an_issue_is_read_as_it_was_written(database: Database, units: Units) -> None:
    whole = issue(
        State.IMPLEMENTATION,
        actions=[action(notes=[{"did": "start"}], former_owners=["Sun Na"])],
        causes=[cause(answers_why_of="c-0", method="trial", decided_by="Li Wei")],
        evidence=[occurrence(values=[{"value": 0.94}], evidence_until=NOW)],
        links=[Link("goal", "goal-1")],
        told={"case": Told(NOW, 2, NOW + timedelta(days=1))},
        former_owners=["Sun Na"],
        facts={"problem": {"what": "'; \"$\\ 质量"}, "plan": {"authors": ["Zhao Min"]}},
    )
    kept(units, whole)
    with SqlReaders(database)() as issues:
        assert issues.get("issue-1") == issues.get("I-000001") == whole
        assert issues.get("issue-2") is None


def test_a_change_is_kept_only_over_the_version_before_it(units: Units) -> None:
    kept(units, numbered(1))
    with units() as uow:
        uow.issues.save(numbered(1, version=2, title="second"))
        uow.commit()
    with units() as uow, pytest.raises(ConcurrentChange):
        uow.issues.save(numbered(1, version=2, title="another second"))
    with units() as uow:
        found = uow.issues.get("issue-1")
    assert found is not None
    assert (found.title, found.version) == ("second", 2)


def test_what_is_not_committed_is_not_there(units: Units) -> None:
    with units() as uow:
        uow.issues.add(numbered(1))
    with units() as uow:
        assert uow.issues.get("issue-1") is None


def test_numbers_go_on_past_a_million(database: Database, units: Units) -> None:
    kept(units, *(numbered(number, subject={"line": "A"}, state=State.REJECTED) for number in (999_999, 1_000_000, 2)))
    with SqlReaders(database)() as issues:
        found = issues.find(IssueFilter(), after=0, limit=10)
        assert [one.number for one in found] == ["I-000002", "I-999999", "I-1000000"]
        assert [one.number for one in issues.find(IssueFilter(), after=999_999, limit=10)] == ["I-1000000"]
    with units() as uow:
        newest = uow.issues.newest_of(numbered(2, subject={"line": "A"}).fingerprint)
    assert newest is not None
    assert newest.number == "I-1000000"


def test_the_database_itself_allows_one_open_issue_per_fingerprint(units: Units) -> None:
    same = {"subject": {"line": "A"}}
    kept(units, numbered(1, state=State.CLOSED, **same), numbered(2, state=State.REJECTED, **same), numbered(3, **same))
    with pytest.raises(Exception, match=r"(?i)unique"):
        kept(units, numbered(4, **same))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (IssueFilter(), [1, 2, 3, 4]),
        (IssueFilter(states=["detected"]), [1, 2]),
        (IssueFilter(states=["detected", "closed"]), [1, 2, 4]),
        (IssueFilter(severity="critical"), [2]),
        (IssueFilter(indicator="delay"), [3]),
        (IssueFilter(owner="Chen Jie"), [3]),
        (IssueFilter(subject={"line": "L1"}), [1]),
        (IssueFilter(subject={"line": "L1", "product": "x"}), []),
        (IssueFilter(subject={"li.ne-1": '$[0]"\\'}), [2]),
        (IssueFilter(overdue=True, overdue_at=NOW), []),
        (IssueFilter(overdue=True, overdue_at=NOW + timedelta(days=1, seconds=1)), [1, 2, 3]),
        (IssueFilter(overdue=False, overdue_at=NOW + timedelta(days=1, seconds=1)), [4]),
    ],
)
def test_lists_are_filtered(database: Database, units: Units, wanted: IssueFilter, expected: list[int]) -> None:
    kept(
        units,
        numbered(1),
        numbered(2, severity="critical", subject={"li.ne-1": '$[0]"\\'}),
        numbered(3, state=State.TRIAGE, indicator="delay", owner="Chen Jie"),
        numbered(4, state=State.CLOSED, ended_at=NOW),
    )
    with SqlReaders(database)() as issues:
        found = issues.find(wanted, after=0, limit=10)
        assert [int(one.number.removeprefix("I-")) for one in found] == expected
        assert issues.open_counts() == {
            ("moderate", "detected"): 1,
            ("critical", "detected"): 1,
            ("moderate", "triage"): 1,
        }


def test_issues_are_looked_at_when_something_is_due(units: Units) -> None:
    due = NOW + timedelta(days=1)
    told = {"detected": Told(due, 0, due + timedelta(days=2))}
    kept(units, numbered(1), numbered(2, told=told), numbered(3, state=State.CLOSED, ended_at=NOW))
    with units() as uow:
        for now, expected in ((due, []), (due + timedelta(seconds=1), [1]), (due + timedelta(days=3), [1, 2])):
            assert [int(one.id.removeprefix("issue-")) for one in uow.issues.to_look_at(now, 10)] == expected


def test_history_is_read_in_the_order_of_versions(database: Database, units: Units) -> None:
    line = HistoryLine("issue-1", 1, NOW, "Li Wei", "accept", "issue.accepted", "detected", "triage", None, 1, {"a": 1})
    with units() as uow:
        for version in (3, 1, 2):
            uow.issues.add_history(replace(line, version=version))
        uow.commit()
    with SqlReaders(database)() as issues:
        assert [one.version for one in issues.history("issue-1")] == [1, 2, 3]
        assert issues.history("issue-1")[0] == line


def test_goals_are_replaced_by_set_and_found_by_subject(database: Database, units: Units) -> None:
    here = Goal("goal-1", "2026", "yield-A", "first-pass-yield", {"line": "L1"}, active=True)
    others = [replace(here, id="goal-2", subject={"line": "L2"}), replace(here, id="goal-3", active=False)]
    elsewhere = replace(here, id="goal-4", goal_set="2025", active=False)
    with units() as uow:
        uow.issues.replace_goals("2026", [replace(here, id="goal-0")])
        uow.issues.replace_goals("2025", [elsewhere])
        uow.issues.replace_goals("2026", [here, *others])
        uow.issues.add(numbered(1))
        uow.issues.add(numbered(2))
        uow.commit()
    with units() as uow:
        assert list(uow.issues.active_goals_of("first-pass-yield", {"line": "L1"})) == [here]
        assert [one.id for one in uow.issues.open_of("first-pass-yield", {"line": "L2"})] == ["issue-2"]
    with SqlReaders(database)() as issues:
        assert {goal.id for goal in issues.goals(["goal-0", "goal-1", "goal-4"])} == {"goal-1", "goal-4"}


def test_the_newest_routing_table_is_in_force(database: Database, units: Units) -> None:
    for version in (1, 2):
        with units() as uow:
            uow.issues.save_routing(Routing(version, [Route(f"owner-{version}", "yield", {"line": "A"})]))
            uow.commit()
    with SqlReaders(database)() as issues:
        assert issues.routing() == Routing(2, [Route("owner-2", "yield", {"line": "A"})])


def test_a_calendar_that_cannot_be_read_is_as_none(database: Database, units: Units) -> None:
    with units() as uow:
        uow.issues.save_calendar("good", {"time_zone": "Asia/Shanghai"})
        uow.issues.save_calendar("newer", {"time_zone": "Mars/Olympus"})
        uow.issues.save_indicator("yield", "good")
        uow.issues.save_indicator("delay", "newer")
        uow.commit()
    with SqlReaders(database)() as issues:
        names = [issues.calendar_of(indicator).name for indicator in ("yield", "delay", "unheard-of", None)]
    assert names == ["good", "default", "default", "default"]


def together(work: Callable[[int], object]) -> list[object]:
    """Run the same work in several threads at once; what each returned or raised."""
    results: list[object] = [None] * TOGETHER
    start = threading.Barrier(TOGETHER)

    def run(number: int) -> None:
        start.wait(timeout=10)
        try:
            results[number] = work(number)
        except (ConcurrentChange, StaleVersion) as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_of_several_who_decide_on_one_version_one_wins(database: Database, units: Units) -> None:
    kept(units, numbered(1))
    decide = AdvanceIssue(units, POLICIES)
    results = together(
        lambda number: decide(Request("issue-1", "accept", {"owner": f"owner-{number}"}, MANAGER, 1), now=NOW)
    )
    (won,) = [result for result in results if isinstance(result, Issue)]
    assert len([result for result in results if isinstance(result, Exception)]) == TOGETHER - 1
    with SqlReaders(database)() as issues:
        found = issues.get("issue-1")
        assert found == won
        assert [line.version for line in issues.history("issue-1")] == [2]


def test_of_several_who_report_the_same_trouble_at_once_one_opens_the_issue(database: Database, units: Units) -> None:
    report = ReportIssue(units, Attach(POLICIES, CountingIds("report")))
    trouble = ReportedTrouble(
        "Dark", "complaint", "major", None, {}, "below", "complaint|display|dark", {"what": "dark"}
    )
    results = together(lambda _: report(trouble, actor=MANAGER, now=NOW))
    assert sorted(result[1] for result in results if isinstance(result, tuple)) == [False] * (TOGETHER - 1) + [True]
    with SqlReaders(database)() as issues:
        (opened,) = issues.find(IssueFilter(), after=0, limit=10)
    assert (opened.number, opened.occurrences) == ("I-000001", TOGETHER)


def test_of_several_troubles_at_once_each_gets_a_number_of_its_own(database: Database, units: Units) -> None:
    report = ReportIssue(units, Attach(POLICIES, CountingIds("report")))

    def reported(number: int) -> object:
        trouble = ReportedTrouble("Dark", "complaint", "major", None, {}, "below", f"defect {number}", {"what": "dark"})
        return report(trouble, actor=MANAGER, now=NOW)

    together(reported)
    with SqlReaders(database)() as issues:
        numbers = [one.number for one in issues.find(IssueFilter(), after=0, limit=100)]
    assert numbers == [f"I-{number:06d}" for number in range(1, TOGETHER + 1)]
