"""From detected to closed over HTTP, on both paths, and the turns on the way."""

from datetime import timedelta
from typing import Any

import pytest

from tests.service.issues.alone import MANAGER, OWNER, SECOND_MANAGER, STATISTICIAN, WORKER, Alone
from tests.service.issues.paths import EVIDENCE, PROBLEM, Walk


@pytest.fixture
def walk(andon: Alone) -> Walk:
    andon.anomaly()
    (issue,) = andon.issues()
    return Walk(andon, issue["id"])


def changes(shown: dict[str, Any]) -> list[str]:
    return [line["change"] for line in shown["timeline"]]


def test_a_correction_is_closed(walk: Walk) -> None:
    walk.correct()
    walk.close()
    shown = walk.shown()
    assert (shown["state"], shown["cycle"], shown["allowed"]) == ("closed", 1, [])
    assert shown["ended_at"] == "2026-11-23T09:00:00Z"
    states = [line["to_state"] for line in shown["timeline"]]
    assert list(dict.fromkeys(states)) == ["detected", "triage", "correction", "closure_review", "closed"]


def test_a_cure_is_closed_and_every_change_is_on_the_timeline_with_its_actor_and_published(walk: Walk) -> None:
    walk.cure()
    closed = walk.close()
    shown = walk.shown()
    assert closed["state"] == shown["state"] == "closed"
    assert changes(shown) == [
        "issue.detected",
        "issue.accepted",
        "action.drafted",
        "issue.classified",
        "action.planned",
        "action.started",
        "action.progress_noted",
        "action.implemented",
        "action.verified",
        "issue.contained",
        "cause.stated",
        "cause.stated",
        "cause.verified",
        "cause.refuted",
        "issue.analysis_completed",
        "action.drafted",
        "plan.submitted",
        "approval.approved",
        "plan.approved",
        "action.started",
        "action.progress_noted",
        "action.implemented",
        "action.verified",
        "actions.all_verified",
        "issue.review_begun",
        "verdict.confirmed",
        "standardisation.completed",
        "issue.closed",
    ]
    assert [line["version"] for line in shown["timeline"]] == list(range(1, 29))
    assert {line["actor"] for line in shown["timeline"]} == {
        "analytics", "issues", "Li Wei", "Chen Jie", "Wu Gang", "Sun Na", "Zhao Min",
    }  # fmt: skip
    assert {line["policy_version"] for line in shown["timeline"]} == {1}
    published = walk.andon.published(walk.id)
    assert [(change.change, change.version) for change in published] == [
        (line["change"], line["version"]) for line in shown["timeline"]
    ]
    assert published[-1].state == "closed"


def test_a_verdict_is_marked_as_stated(walk: Walk) -> None:
    walk.cure()
    verdict = walk.shown()["facts"]["verdict"]
    assert (verdict["verdict"], verdict["basis"], verdict["evidence"], verdict["by"]) == (
        "effective", "stated", EVIDENCE, "Sun Na",
    )  # fmt: skip


def test_an_ineffective_cure_goes_back_to_analysis_in_the_next_cycle_and_asks_for_a_new_action(walk: Walk) -> None:
    walk.contain()
    root = walk.analyse()
    walk.done(walk.plan(root))
    judged = walk.judge("ineffective")
    assert (judged["state"], judged["cycle"]) == ("root_cause_analysis", 2)
    walk.take("complete-analysis")
    refused = walk.andon.post(f"issues/{walk.id}/submit-plan", expect=409, actor=OWNER)
    assert refused["guard"] == "causes_covered"
    walk.done(walk.plan(root))
    assert walk.judge("effective")["state"] == "standardisation"
    shown = walk.shown()
    assert [action["cycle"] for action in shown["actions"]] == [1, 1, 2]
    assert shown["facts"]["earlier_cycles"][0]["verdict"]["verdict"] == "ineffective"


def test_a_partial_success_is_improved_further_and_an_inconclusive_one_watched_on(walk: Walk) -> None:
    walk.contain()
    walk.done(walk.plan(walk.analyse()))
    assert walk.judge("inconclusive")["state"] == "effectiveness_monitoring"
    assert walk.judge("partially_effective")["state"] == "effectiveness_review"
    again = {"verdict": "effective", "evidence": EVIDENCE}
    refused = walk.andon.post(f"issues/{walk.id}/confirm-verdict", again, expect=409, actor=STATISTICIAN)
    assert refused["guard"] == "verdict_undecided"
    improved = walk.take("improve-further", MANAGER)
    assert (improved["state"], improved["cycle"]) == ("action_planning", 2)


def test_a_plan_is_returned_withdrawn_and_revised(walk: Walk) -> None:
    walk.contain()
    root = walk.analyse()
    effect = {"expected_effect": "yield above 0.95", "causes": [root], "due_at": "2026-12-07T09:00:00Z"}
    walk.act("corrective", owner="Wu Gang", **effect)
    walk.take("submit-plan")
    own = walk.andon.post(f"issues/{walk.id}/vote-approve", expect=403, actor=OWNER)
    assert "quality_manager" in own["detail"]
    returned = walk.take("vote-return", MANAGER, reason="too little")
    assert returned["state"] == "action_planning"
    walk.take("submit-plan")
    assert walk.take("withdraw-plan", reason="a better idea")["state"] == "action_planning"
    walk.take("submit-plan")
    assert walk.take("vote-approve", MANAGER)["state"] == "implementation"
    assert walk.take("revise-plan", reason="a part is not to be had")["state"] == "action_planning"
    assert walk.shown()["actions"][-1]["state"] == "planned"


def test_whoever_submits_a_plan_does_not_approve_it(walk: Walk) -> None:
    walk.contain()
    root = walk.analyse()
    walk.act("corrective", owner="Wu Gang", expected_effect="x", causes=[root], due_at="2026-12-07T09:00:00Z")
    walk.take("submit-plan", MANAGER)
    refused = walk.andon.post(f"issues/{walk.id}/vote-approve", expect=409, actor=MANAGER)
    assert refused["guard"] == "not_author"
    assert walk.take("vote-approve", SECOND_MANAGER)["state"] == "implementation"


@pytest.mark.parametrize(
    ("target", "state", "cycle"),
    [
        ("standardisation", "standardisation", 1),
        ("effectiveness_review", "effectiveness_review", 1),
        ("action_planning", "action_planning", 2),
    ],
)
def test_a_closure_is_returned_to_where_something_is_missing(walk: Walk, target: str, state: str, cycle: int) -> None:
    walk.cure()
    unsaid = walk.andon.post(f"issues/{walk.id}/return-closure", {"reason": "no training"}, expect=409)
    assert unsaid["missing"] == "target: one of action_planning, effectiveness_review, standardisation"
    returned = walk.take("return-closure", MANAGER, reason="no training", target=target)
    assert (returned["state"], returned["cycle"]) == (state, cycle)


def test_a_closure_is_signed_by_somebody_who_neither_owned_nor_acted(walk: Walk) -> None:
    walk.correct()
    walk.take("reassign", MANAGER, owner="Zhao Min")
    refused = walk.andon.post(f"issues/{walk.id}/sign-closure", expect=409, actor=SECOND_MANAGER)
    assert refused["guard"] == "not_issue_owner"
    assert walk.take("sign-closure", MANAGER)["state"] == "closed"


def test_a_correction_that_is_not_enough_becomes_a_cure(walk: Walk) -> None:
    walk.take("accept", MANAGER, owner="Chen Jie")
    walk.take("classify-correction", problem=PROBLEM)
    upgraded = walk.take("upgrade-to-capa", reason="found on line B too", skip_reason="nothing was shipped")
    assert upgraded["state"] == "root_cause_analysis"


def test_a_hold_stops_the_clocks(walk: Walk) -> None:
    before = walk.take("accept", MANAGER, owner="Chen Jie")
    walk.take("hold", MANAGER, reason="waits for parts", review_on="2026-12-20T09:00:00+08:00")
    walk.andon.pass_time(timedelta(days=20))
    assert not walk.shown()["overdue"]
    resumed = walk.take("resume", MANAGER)
    assert resumed["state"] == "triage"
    assert resumed["due_at"] > before["due_at"]


def test_an_issue_is_rejected_and_its_anomaly_opens_no_other(walk: Walk) -> None:
    walk.take("accept", MANAGER, owner="Chen Jie")
    rejected = walk.take("reject", MANAGER, reason_code="data_error", reason="wrong unit")
    assert rejected["state"] == "rejected"
    walk.andon.anomaly(kind="updated", weeks_ago=0)
    assert [issue["state"] for issue in walk.andon.issues()] == ["rejected"]
    walk.andon.anomaly("anomaly-2")
    assert [issue["state"] for issue in walk.andon.issues()] == ["rejected", "detected"]
    assert walk.andon.get(f"issues/{walk.andon.issues()[1]['id']}")["links"] == [
        {"kind": "earlier_issue", "id": walk.id, "name": None}
    ]


def test_cancelling_cancels_what_is_under_way(walk: Walk) -> None:
    walk.take("accept", MANAGER, owner="Chen Jie")
    containment = walk.act("containment", owner="Wu Gang")
    cancelled = walk.take("cancel", MANAGER, reason_code="out_of_scope", reason="line A was sold")
    assert cancelled["state"] == "cancelled"
    assert walk.shown()["actions"][0]["state"] == "cancelled"
    refused = walk.andon.post(f"issues/{walk.id}/actions/{containment}/start", expect=409, actor=WORKER)
    assert "ended" in refused["missing"]


def test_a_merged_issue_hands_over_its_occurrences_and_its_fingerprint(walk: Walk) -> None:
    walk.andon.anomaly("anomaly-b", line="B")
    other = walk.andon.issues("subject.line=B")[0]
    merged = walk.take("merge", MANAGER, target=other["number"])
    assert merged["state"] == "merged"
    assert walk.andon.get(f"issues/{other['id']}")["occurrences"] == 2
    walk.andon.anomaly("anomaly-3")
    shown = walk.andon.get(f"issues/{other['id']}")
    assert shown["occurrences"] == 3
    assert {"kind": "merged_from", "id": walk.id, "name": None} in shown["links"]
    assert len(walk.andon.issues()) == 2


def test_an_issue_is_not_merged_into_itself_nor_into_one_that_has_ended(walk: Walk) -> None:
    walk.andon.anomaly("anomaly-b", line="B")
    other = walk.andon.issues("subject.line=B")[0]["id"]
    walk.andon.post(f"issues/{other}/cancel", {"reason_code": "withdrawn", "reason": "x"})
    for target in (walk.id, other, "no-such-issue"):
        refused = walk.andon.post(f"issues/{walk.id}/merge", {"target": target}, expect=409)
        assert refused["guard"] == "target_open"
