"""What services make of what others publish: issues of anomalies, goals of KPI values and issues."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from simulation.checks.published import Event
from simulation.checks.stored import Expectation, differences, subject_of
from simulation.reference.goals import health

_ENDED = ("closed", "rejected", "merged", "cancelled")
_FACTS = ("value", "numerator", "denominator", "sample_size", "status", "judgement", "revision", "indicator_version")


def check_issues(expected: Expectation, events: Mapping[str, list[Event]]) -> Iterator[str]:
    """Every anomaly that asks for an issue has one; every change of an anomaly was taken in once."""
    bodies = [
        json.loads(row["body"])
        for row in expected.fleet.databases["issues"].rows("SELECT body FROM issues ORDER BY sequence")
    ]
    numbers = [body["number"] for body in bodies]
    if numbers != [f"I-{number:06d}" for number in range(1, len(bodies) + 1)]:
        yield f"issues: the numbers leave something out: {numbers}"
    open_ones = Counter(body["fingerprint"] for body in bodies if body["state"] not in _ENDED)
    yield from (f"issues: {count} open issues of {name}" for name, count in open_ones.items() if count > 1)
    yield from _check_versions(events["issue-changes"])
    yield from _check_evidence(bodies, events)


def _check_versions(events: list[Event]) -> Iterator[str]:
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for event in events:
        versions[event["data"]["issue_id"]].append(event["data"]["version"])
    for issue, found in versions.items():
        if found != list(range(1, len(found) + 1)):
            yield f"issues: the changes of {issue} are of versions {found}"


def _check_evidence(bodies: list[Event], events: Mapping[str, list[Event]]) -> Iterator[str]:
    wanting = _since_they_want_an_issue(events["anomalies"])
    states = {data["anomaly_id"]: data["state"] for data in wanting}
    holders: defaultdict[str, list[Event]] = defaultdict(list)
    for body in bodies:
        for occurrence in body["evidence"]:
            holders[occurrence["id"]].append(body)
            known = states.get(occurrence["id"])
            if occurrence["kind"] == "anomaly" and body["state"] not in _ENDED and occurrence["state"] != known:
                yield f"issues: {body['number']} holds {occurrence['id']} as {occurrence['state']}; it is {known}"
    yield from (f"issues: nobody has taken in anomaly {name}" for name in states if name not in holders)
    never_ended = {
        name for name, found in holders.items() if name in states and all(body["state"] not in _ENDED for body in found)
    }
    alone = {name for name in never_ended if len(_of_fingerprint(bodies, holders[name][0])) == 1}
    told = Counter(data["anomaly_id"] for data in wanting if data["anomaly_id"] in alone)
    taken = Counter(
        event["data"]["details"]["occurrence"]
        for event in events["issue-changes"]
        if event["data"]["details"].get("occurrence") in alone
    )
    yield from differences("issues: changes of anomalies", told, taken)


def _since_they_want_an_issue(events: list[Event]) -> list[Event]:
    """The changes of anomalies that are told to issues: of each those from the first on with which it is open and opens one."""
    wanting: set[str] = set()
    told: list[Event] = []
    for data in (event["data"] for event in events):
        if data["opens_issue"] and data["state"] == "open":
            wanting.add(data["anomaly_id"])
        if data["anomaly_id"] in wanting:
            told.append(data)
    return told


def _of_fingerprint(bodies: list[Event], like: Event) -> list[Event]:
    return [body for body in bodies if body["fingerprint"] == like["fingerprint"]]


def check_verdicts(expected: Expectation) -> Iterator[str]:
    """Analytics knows which issue holds which anomaly of which rule, and what people have made of it."""
    rows = expected.fleet.databases["issues"].rows("SELECT body FROM issues")
    bodies = [body for body in (json.loads(row["body"]) for row in rows) if body["state"] != "merged"]
    wanted = {
        (body["id"], seen["id"], seen["rule"]): _verdict(body)
        for body in bodies
        for seen in body["evidence"]
        if seen["kind"] == "anomaly"
    }
    query = "SELECT * FROM issue_anomalies JOIN followed_issues USING (issue_id)"
    held = {
        (row["issue_id"], row["anomaly_id"], row["rule"]): row["verdict"]
        for row in expected.fleet.databases["analytics"].rows(query)
    }
    yield from differences("rules: what people make of their anomalies", wanted, held)


def _verdict(body: Event) -> str:
    if body["state"] == "rejected":
        return "data_error" if body["facts"]["reason_code"] == "data_error" else "rejected_as_false"
    return "confirmed" if "path" in body["facts"] else "undecided"


def check_goals(expected: Expectation, events: Mapping[str, list[Event]]) -> Iterator[str]:
    """Goals hold every KPI value as it now is, and stand as the values of their period say."""
    versions = expected.versions()
    held = {
        (row["indicator"], row["subject"], row["window_start"]): tuple(row[name] for name in _FACTS)
        for row in expected.fleet.databases["goals"].rows("SELECT * FROM kpi_values")
        if row["indicator_version"] == versions[row["indicator"]]
    }
    wanted = {
        (row["indicator"], _hashed(row["subject"]), row["window_start"]): tuple(row[name] for name in _FACTS)
        for row in expected.fleet.databases["analytics"].rows("SELECT * FROM kpi_values")
        if row["indicator_version"] == versions[row["indicator"]]
    }
    yield from differences("goals: values", wanted, held)
    yield from _check_health(expected, events["goal-changes"])


def _check_health(expected: Expectation, events: list[Event]) -> Iterator[str]:
    indicators = expected.indicators()
    stored = {row["goal_id"]: row["health"] for row in expected.fleet.databases["goals"].rows("SELECT * FROM health")}
    wanted = {}
    for goal_id, goal in expected.goals().items():
        subject = tuple(sorted(goal.get("subject", {}).items()))
        wanted[goal_id] = health(goal, indicators.get(goal["indicator"], {}).get(subject, []))
    known = {goal_id: stored.get(goal_id, "no_data") for goal_id in {*wanted, *stored}}
    yield from differences("goals: health", wanted, known)
    told = {event["data"]["goal_id"]: event["data"]["health"] for event in events if "health" in event["data"]}
    yield from differences("goals: health as published", stored, told)


def _hashed(subject: str) -> str:
    text = json.dumps(dict(subject_of(subject)), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_copies(expected: Expectation) -> Iterator[str]:
    """Calendars, indicators and issues stand with the services that follow them as they stand with their owners."""
    query = "SELECT kind, name, body FROM definitions ORDER BY version"
    newest = {
        (row["kind"], row["name"]): json.loads(row["body"]) for row in expected.fleet.databases["analytics"].rows(query)
    }
    calendars = {name: body for (kind, name), body in newest.items() if kind == "calendar"}
    indicators = {name: body["calendar"] for (kind, name), body in newest.items() if kind == "indicator"}
    for service in ("issues", "goals"):
        rows = expected.fleet.databases[service].rows("SELECT name, definition FROM calendars")
        held = {row["name"]: json.loads(row["definition"]) for row in rows}
        yield from differences(f"{service}: calendars", calendars, held)
    rows = expected.fleet.databases["issues"].rows("SELECT name, calendar FROM indicators")
    yield from differences("issues: indicators", indicators, {row["name"]: row["calendar"] for row in rows})
    yield from _check_links(expected)


def _check_links(expected: Expectation) -> Iterator[str]:
    bodies = [json.loads(row["body"]) for row in expected.fleet.databases["issues"].rows("SELECT body FROM issues")]
    states = {body["id"]: body["state"] for body in bodies}
    linked = set()
    for row in expected.fleet.databases["goals"].rows("SELECT goal_id, issue_id, state FROM issue_links"):
        linked.add((row["goal_id"], row["issue_id"]))
        if row["state"] != states.get(row["issue_id"]):
            yield f"goals: {row['issue_id']} is linked as {row['state']}, and is {states.get(row['issue_id'])}"
    for body in bodies:
        if body["goal_id"] is not None and (body["goal_id"], body["id"]) not in linked:
            yield f"goals: {body['number']} is not linked to its goal {body['goal_id']}"
