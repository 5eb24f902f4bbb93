"""The HTTP interface of issues: reporting, lists, versions, roles, refusals, routing, and input that is wrong."""

from datetime import timedelta
from typing import Any

import pytest

from tests.service.issues.alone import MANAGER, OWNER, SECOND_MANAGER, VIEWER, Alone

PROBLEM = {"what": "the screen stays dark", "where": "customer 4711", "when": "2026-11-20"}
REPORT: dict[str, Any] = {"title": "Dark screen", "source": "complaint", "severity": "major", "problem": PROBLEM}


def report(andon: Alone, *, actor: str = MANAGER, expect: int = 201, **changed: Any) -> dict[str, Any]:
    return andon.post("issues", {**REPORT, **changed}, expect=expect, actor=actor)


def test_a_reported_issue_has_what_an_opened_one_has(andon: Alone) -> None:
    issue = report(andon)
    assert (issue["state"], issue["source"], issue["severity"], issue["priority"]) == (
        "detected",
        "complaint",
        "major",
        "P2",
    )
    shown = andon.get(f"issues/{issue['id']}")
    assert shown["facts"]["problem"] == PROBLEM
    assert [(line["trigger"], line["actor"]) for line in shown["timeline"]] == [("report", "Li Wei")]
    assert andon.get("issues/I-000001") == shown


def test_the_same_complaint_again_is_an_occurrence_and_another_defect_is_another_issue(andon: Alone) -> None:
    first = report(andon, object="display", defect_class="dark")
    again = report(andon, expect=200, object="display", defect_class="dark", title="Dark again")
    other = report(andon, object="display", defect_class="flicker")
    assert (again["id"], again["occurrences"]) == (first["id"], 2)
    assert other["id"] != first["id"]


@pytest.mark.parametrize("role", ["quality_manager", "department_liaison", "statistician", "director", "action_owner"])
def test_who_works_may_report(andon: Alone, role: str) -> None:
    report(andon, actor=f"Somebody; {role}")


@pytest.mark.parametrize("actor", [VIEWER, "local; admin", "bot; service", "Nobody"])
def test_who_only_looks_or_configures_may_not(andon: Alone, actor: str) -> None:
    refused = report(andon, actor=actor, expect=403, source="product_defect")
    assert refused["type"] == "/problems/forbidden"


def test_a_machine_may_report_a_complaint(andon: Alone) -> None:
    report(andon, actor="crm; service")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**REPORT, "problem": {"what": "dark"}}, "/problem/where"),
        ({**REPORT, "severity": "terrible"}, "/severity"),
        ({**REPORT, "sevrity": "major"}, "/sevrity"),
        ({**REPORT, "title": ""}, "/title"),
        ({**REPORT, "title": "a\u0000b"}, "/title"),
        ({**REPORT, "indicator": "no such name!"}, "/indicator"),
        ({**REPORT, "subject": {"line": 7}}, "/subject/line"),
    ],
)
def test_a_wrong_field_is_named(andon: Alone, body: dict[str, Any], pointer: str) -> None:
    problem = andon.post("issues", body, expect=422)
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert andon.issues() == []


def test_a_refusal_names_guard_lack_and_what_is_allowed(andon: Alone) -> None:
    issue = report(andon)
    refused = andon.post(f"issues/{issue['id']}/accept", expect=409)
    assert refused["type"] == "/problems/transition-refused"
    assert refused["guard"] == "owner_named"
    assert "owner" in refused["missing"]
    assert refused["allowed"] == ["accept", "merge", "cancel", "reassign", "reclassify"]
    assert andon.get(f"issues/{issue['id']}")["version"] == 1


def test_a_trigger_of_another_state_and_one_that_nobody_has_are_refused(andon: Alone) -> None:
    issue = report(andon)
    for trigger in ("sign-closure", "recur", "all-actions-verified", "make-coffee", "x" * 500):
        refused = andon.post(f"issues/{issue['id']}/{trigger}", expect=409, actor="issues; service quality_manager")
        assert refused["guard"] is None


def test_a_wrong_role_is_forbidden_and_told_whose_it_is(andon: Alone) -> None:
    issue = report(andon)
    refused = andon.post(f"issues/{issue['id']}/accept", {"owner": "Chen Jie"}, expect=403, actor=VIEWER)
    assert "department_liaison, quality_manager" in refused["detail"]
    assert andon.get(f"issues/{issue['id']}", actor=VIEWER)["allowed"] == []


def test_a_stale_version_is_refused_and_the_present_one_taken(andon: Alone) -> None:
    issue = report(andon)
    path = f"issues/{issue['id']}/accept"
    stale = andon.post(path, {"owner": "Chen Jie"}, expect=412, version=7)
    assert (stale["type"], stale["version"]) == ("/problems/stale-version", 1)
    accepted = andon.send("POST", path, {"owner": "Chen Jie"}, version=1)
    assert (accepted.status_code, accepted.headers["ETag"]) == (200, '"2"')
    assert andon.send("GET", f"issues/{issue['id']}").headers["ETag"] == '"2"'


def test_an_owner_may_be_written_as_a_person_and_must_be_one_to_accept(andon: Alone) -> None:
    issue = report(andon)
    refused = andon.post(f"issues/{issue['id']}/accept", {"owner": "role:director"}, expect=409)
    assert refused["guard"] == "owner_named"
    assert andon.post(f"issues/{issue['id']}/accept", {"owner": "person:Chen Jie"})["owner"] == "Chen Jie"


def test_the_owner_may_do_what_is_the_owners(andon: Alone) -> None:
    issue = report(andon)
    andon.post(f"issues/{issue['id']}/accept", {"owner": "Chen Jie"})
    andon.post(f"issues/{issue['id']}/classify-capa", {"problem": {"what": "dark"}}, actor=OWNER)
    assert "confirm-containment" in andon.get(f"issues/{issue['id']}", actor=OWNER)["allowed"]
    assert "confirm-containment" not in andon.get(f"issues/{issue['id']}", actor="Other; department_liaison")["allowed"]


def test_unknown_issues_and_parts_are_not_found(andon: Alone) -> None:
    issue = report(andon)
    assert andon.get("issues/none", expect=404)["type"] == "/problems/unknown-issue"
    assert andon.post("issues/none/accept", expect=404)["type"] == "/problems/unknown-issue"
    for part in ("actions", "causes"):
        unknown = andon.post(f"issues/{issue['id']}/{part}/none/verify", expect=404)
        assert unknown["type"] == "/problems/unknown-part"


@pytest.mark.parametrize(
    "body",
    [
        {"due_at": "0001-01-01T00:00:00+23:59"},
        {"review_on": "9999-12-31T23:59:59-23:59"},
        {"done_quantity": 1e308},
        {"verdict": "good"},
        {"reason": "\u0000"},
        {"owner": "Chen\nJie"},
        {"unknown": 1},
    ],
)
def test_facts_that_make_no_sense_are_refused(andon: Alone, body: dict[str, Any]) -> None:
    issue = report(andon)
    assert andon.post(f"issues/{issue['id']}/accept", body, expect=422)["errors"]


def test_lists_are_filtered(andon: Alone) -> None:
    andon.anomaly("anomaly-1", severity="minor")
    andon.anomaly("anomaly-2", line="B", severity="critical")
    third = report(andon)
    andon.post(f"issues/{third['id']}/cancel", {"reason_code": "withdrawn", "reason": "by the customer"})

    def numbers(query: str) -> list[int]:
        return [int(issue["number"].removeprefix("I-")) for issue in andon.issues(query)]

    assert numbers("") == [1, 2, 3]
    assert numbers("state=detected") == [1, 2]
    assert numbers("state=open") == [1, 2]
    assert numbers("state=cancelled") == [3]
    assert numbers("severity=critical") == [2]
    assert numbers("indicator=first-pass-yield&subject.line=A") == [1]
    assert numbers("subject.line=%27%22%5B0%5D") == []
    assert numbers("owner=role:quality_manager&severity=minor") == [1]
    assert numbers("overdue=true") == []
    andon.clock.advance(timedelta(hours=2, seconds=1))
    assert numbers("overdue=true") == [2]
    assert numbers("overdue=false") == [1, 3]
    assert andon.get("issues?state=unheard-of", expect=422)["errors"]


def test_lists_come_in_pages_in_the_order_of_numbers(andon: Alone) -> None:
    for line in "ABCDE":
        andon.anomaly(f"anomaly-{line}", line=line)
    found, query = [], "limit=2"
    while True:
        page = andon.get(f"issues?{query}")
        found += [issue["subject"]["line"] for issue in page["items"]]
        if page["next"] is None:
            break
        query = f"limit=2&cursor={page['next']}"
    assert found == list("ABCDE")


@pytest.mark.parametrize("cursor", ["WyJ4Il0", "Wy0xXQ", "W3RydWVd", "WzFlMzA4XQ", "nonsense"])
def test_a_cursor_that_nobody_gave_is_refused(andon: Alone, cursor: str) -> None:
    assert andon.get(f"issues?cursor={cursor}", expect=400)["type"] == "/problems/invalid-cursor"


def test_the_routing_table_names_the_owner_of_what_is_opened_from_now_on(andon: Alone) -> None:
    andon.anomaly("anomaly-1")
    table = {"routes": [{"indicator": "first-pass-yield", "subject": {"line": "B"}, "owner": "person:Chen Jie"}, {"owner": "role:director"}]}  # fmt: skip
    put = andon.send("PUT", "routing", table, actor="local; admin").json()
    assert put["version"] == 1
    assert andon.send("PUT", "routing", table).json()["version"] == 1
    andon.anomaly("anomaly-2", line="B")
    andon.anomaly("anomaly-3", line="C")
    assert [issue["owner"] for issue in andon.issues()] == ["role:quality_manager", "Chen Jie", "role:director"]
    accepted = andon.post(f"issues/{andon.issues()[1]['id']}/accept")
    assert accepted["state"] == "triage"
    assert andon.get("routing")["routes"][0]["owner"] == "Chen Jie"


def test_the_routing_table_is_for_those_who_configure(andon: Alone) -> None:
    assert andon.send("PUT", "routing", {"routes": []}, actor=VIEWER).status_code == 403
    assert andon.get("routing") == {"version": 0, "routes": []}


def test_of_two_who_decide_at_once_the_second_is_told_by_the_version(andon: Alone) -> None:
    issue = report(andon)
    andon.post(f"issues/{issue['id']}/accept", {"owner": "Chen Jie"}, version=1)
    andon.post(f"issues/{issue['id']}/accept", {"owner": "Sun Na"}, expect=412, version=1, actor=SECOND_MANAGER)
    andon.post(f"issues/{issue['id']}/accept", {"owner": "Sun Na"}, expect=409, actor=SECOND_MANAGER)
    assert andon.get(f"issues/{issue['id']}")["owner"] == "Chen Jie"
