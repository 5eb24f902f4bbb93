"""Anomalies open issues: exactly once, whatever is repeated, and by the fingerprint ever after."""

from datetime import timedelta

import pytest

from shared.eventlog.port import NewRecord
from shared.events.topics import ANOMALIES
from tests.service.issues.alone import MANAGER, START, Alone
from tests.service.issues.paths import Walk


def changes(andon: Alone, issue_id: str) -> list[str]:
    return [line["change"] for line in andon.get(f"issues/{issue_id}")["timeline"]]


def test_an_anomaly_opens_an_issue_with_owner_and_deadline(andon: Alone) -> None:
    andon.anomaly(severity="critical", goal_id="goal-7")
    (issue,) = andon.issues()
    assert issue == {
        "id": issue["id"],
        "number": "I-000001",
        "title": "First-pass yield below target 0.95: line=A",
        "state": "detected",
        "severity": "critical",
        "likelihood": "occasional",
        "priority": "P1",
        "source": "anomaly",
        "indicator": "first-pass-yield",
        "subject": {"line": "A"},
        "anomaly_id": "anomaly-1",
        "goal_id": "goal-7",
        "owner": "role:quality_manager",
        "detected_at": "2026-11-23T09:00:00Z",
        "due_at": "2027-02-01T09:00:00Z",
        "milestone_due_at": "2026-11-23T11:00:00Z",
        "overdue": False,
        "occurrences": 1,
        "evidence_withdrawn": False,
        "cycle": 1,
        "version": 1,
        "allowed": ["accept", "merge", "cancel", "reassign", "reclassify"],
    }
    (detected,) = andon.published()
    assert (detected.change, detected.number, detected.goal_id) == ("issue.detected", "I-000001", "goal-7")
    seen = andon.get(f"issues/{issue['id']}")["seen"]
    assert [(one["id"], one["values"][0]["value"]) for one in seen] == [("anomaly-1", 0.94)]


def test_what_a_relay_repeats_is_applied_once(andon: Alone) -> None:
    andon.anomaly(repeat=3)
    andon.restart()
    andon.settle()
    (issue,) = andon.issues()
    assert changes(andon, issue["id"]) == ["issue.detected"]


def test_a_rule_that_opens_no_issue_opens_none(andon: Alone) -> None:
    andon.anomaly(opens_issue=False)
    andon.anomaly(kind="cleared", state="cleared", opens_issue=False)
    assert andon.issues() == []


def test_a_rule_that_only_observes_by_now_still_tells_the_issue_it_has_opened(andon: Alone) -> None:
    andon.anomaly()
    andon.anomaly(kind="updated", opens_issue=False, reason="below 0.95 three weeks running")
    (issue,) = andon.issues()
    assert andon.get(f"issues/{issue['id']}")["seen"][0]["reason"] == "below 0.95 three weeks running"
    andon.anomaly(kind="cleared", state="cleared", opens_issue=False)
    andon.anomaly("anomaly-2", opens_issue=False)
    andon.anomaly(kind="withdrawn", state="withdrawn", opens_issue=False)
    wanted = ["issue.detected", "issue.evidence_refreshed", "issue.anomaly_cleared", "issue.evidence_withdrawn"]
    assert changes(andon, issue["id"]) == wanted
    (issue,) = andon.issues()
    assert (issue["occurrences"], issue["evidence_withdrawn"]) == (1, True)


def test_a_rule_that_acts_now_opens_an_issue_of_what_goes_on_and_none_of_what_is_over(andon: Alone) -> None:
    for name, line in (("anomaly-1", "A"), ("anomaly-2", "B")):
        andon.anomaly(name, line=line, opens_issue=False)
    andon.anomaly("anomaly-2", kind="cleared", line="B", state="cleared", opens_issue=False)
    assert andon.issues() == []
    andon.anomaly("anomaly-1", kind="updated")
    andon.anomaly("anomaly-2", kind="updated", line="B", state="cleared")
    (issue,) = andon.issues()
    assert issue["anomaly_id"] == "anomaly-1"


def test_a_consumer_goes_on_after_what_it_cannot_read(andon: Alone) -> None:
    andon.log.append(
        [NewRecord(ANOMALIES, b"not json", key=b"x"), NewRecord(ANOMALIES, b'{"type":"other.v1"}', key=b"x")]
    )
    andon.settle()
    andon.anomaly()
    assert len(andon.issues()) == 1
    assert (
        andon.metric("dead_letters_total", consumer="issues.anomalies", topic=ANOMALIES, reason="unreadable-event") == 1
    )


def test_an_update_refreshes_the_values_and_is_no_new_occurrence(andon: Alone) -> None:
    andon.anomaly()
    andon.anomaly(kind="updated", reason="below 0.95 three weeks running", weeks_ago=0)
    (issue,) = andon.issues()
    shown = andon.get(f"issues/{issue['id']}")
    assert (issue["occurrences"], issue["version"]) == (1, 2)
    assert shown["seen"][0]["reason"] == "below 0.95 three weeks running"
    assert changes(andon, issue["id"]) == ["issue.detected", "issue.evidence_refreshed"]


def test_another_anomaly_of_the_same_trouble_is_an_occurrence_and_the_third_proposes_a_graver_severity(
    andon: Alone,
) -> None:
    for number in (1, 2, 3):
        andon.anomaly(f"anomaly-{number}", rule=f"rule-{number}")
    (issue,) = andon.issues()
    assert issue["occurrences"] == 3
    added = [change for change in andon.published() if change.change == "issue.occurrence_added"]
    assert [change.details.get("severity_raise_proposed", False) for change in added] == [False, True]


def test_another_subject_or_the_other_direction_is_another_issue(andon: Alone) -> None:
    andon.anomaly("anomaly-1")
    andon.anomaly("anomaly-2", line="B")
    andon.anomaly("anomaly-3", direction="above")
    assert [issue["number"] for issue in andon.issues()] == ["I-000001", "I-000002", "I-000003"]


def test_what_merely_clears_is_noted_and_what_is_withdrawn_is_flagged(andon: Alone) -> None:
    andon.anomaly("anomaly-1")
    andon.anomaly("anomaly-2")
    andon.anomaly("anomaly-1", "cleared", state="cleared")
    (issue,) = andon.issues()
    assert (issue["state"], issue["evidence_withdrawn"]) == ("detected", False)
    andon.anomaly("anomaly-1", "withdrawn", state="withdrawn")
    assert not andon.issues()[0]["evidence_withdrawn"]
    andon.anomaly("anomaly-2", "withdrawn", state="withdrawn")
    assert andon.issues()[0]["evidence_withdrawn"]
    assert changes(andon, issue["id"])[2:] == [
        "issue.anomaly_cleared",
        "issue.evidence_withdrawn",
        "issue.evidence_withdrawn",
    ]


def test_the_end_of_an_anomaly_that_no_issue_knows_changes_nothing(andon: Alone) -> None:
    andon.anomaly("anomaly-1")
    andon.anomaly("anomaly-0", "withdrawn", state="withdrawn")
    (issue,) = andon.issues()
    assert changes(andon, issue["id"]) == ["issue.detected"]


@pytest.fixture
def closed(andon: Alone) -> Walk:
    andon.anomaly()
    walk = Walk(andon, andon.issues()[0]["id"])
    walk.correct()
    walk.close()
    return walk


def test_the_same_trouble_within_the_sustain_window_reopens_the_issue_for_a_cure(andon: Alone, closed: Walk) -> None:
    andon.pass_time(timedelta(days=45))
    andon.anomaly("anomaly-2")
    (issue,) = andon.issues()
    assert (issue["state"], issue["cycle"], issue["occurrences"]) == ("root_cause_analysis", 2, 2)
    assert issue["due_at"] > (START + timedelta(days=45)).isoformat()
    shown = closed.shown()
    assert shown["facts"]["path"] == "capa"
    assert shown["ended_at"] is None
    assert changes(andon, closed.id)[-1] == "issue.reopened"


def test_after_the_sustain_window_it_is_a_new_issue_graver_and_linked_and_no_correction_is_enough(
    andon: Alone, closed: Walk
) -> None:
    andon.pass_time(timedelta(days=91))
    andon.anomaly("anomaly-2", severity="minor")
    old, new = andon.issues()
    assert (old["state"], new["state"], new["severity"]) == ("closed", "detected", "moderate")
    assert andon.get(f"issues/{new['id']}")["links"] == [{"kind": "recurrence_of", "id": closed.id, "name": None}]
    andon.post(f"issues/{new['id']}/accept", {"owner": "Chen Jie"})
    refused = andon.post(f"issues/{new['id']}/classify-correction", {"problem": {"what": "again"}}, expect=409)
    assert refused["guard"] == "not_recurrence"


def test_an_anomaly_that_goes_on_after_the_closure_reopens_the_issue_and_old_news_of_it_does_not(
    andon: Alone, closed: Walk
) -> None:
    andon.anomaly(kind="updated", weeks_ago=2)
    assert closed.shown()["state"] == "closed"
    andon.pass_time(timedelta(days=7))
    andon.anomaly(kind="updated", weeks_ago=0)
    assert closed.shown()["state"] == "root_cause_analysis"


def test_a_report_of_the_same_trouble_joins_the_anomalys_issue(andon: Alone) -> None:
    andon.anomaly()
    problem = {"what": "scratches", "where": "line A", "when": "today"}
    body = {"title": "Scratches", "indicator": "first-pass-yield", "subject": {"line": "A"}, "problem": problem}
    joined = andon.post("issues", body, expect=200)
    assert (joined["number"], joined["occurrences"]) == ("I-000001", 2)
    seen = andon.get(f"issues/{joined['id']}")["seen"]
    assert [(one["kind"], one["by"]) for one in seen] == [("anomaly", "analytics"), ("report", MANAGER.split(";")[0])]
