"""What was published: numbers without gaps, each thing once, and the last word on everything the same as in the store."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from shared.eventlog.port import NewRecord, Partition
from simulation.checks.stored import Expectation, differences, moment, subject_of
from simulation.log import SimulatedLog

_PRODUCER, _SEQUENCE = "andon-producer", "andon-sequence"
_JSON_TOPICS = ("kpi-values", "anomalies", "definitions", "issue-changes", "goal-changes")

Archive = Mapping[Partition, list[NewRecord]]
Event = dict[str, Any]


def check_numbers(archive: Archive) -> Iterator[str]:
    """Each producer's numbers on each partition begin at 1, leave nothing out, and always mean the same record."""
    for partition, records in sorted(archive.items()):
        seen: dict[str, list[NewRecord]] = defaultdict(list)
        for record in records:
            headers = dict(record.headers)
            if _SEQUENCE not in headers:
                continue
            known, number = seen[headers[_PRODUCER].decode()], int(headers[_SEQUENCE])
            if number == len(known) + 1:
                known.append(record)
            elif number > len(known) + 1:
                yield f"published: {partition} goes from {len(known)} to {number}"
            elif known[number - 1].value != record.value:
                yield f"published: {partition} has two records of number {number}"


def check_progress(log: SimulatedLog) -> Iterator[str]:
    """Every group has told the log how far it has come: back-pressure and lag go by it."""
    for group, partition, told in log.progress():
        end = log.records.offsets(partition)[1]
        if told is not None and told != end:
            yield f"published: {group} has told of {told} of {partition}, which ends at {end}"


def published(archive: Archive) -> dict[str, list[Event]]:
    """Topic → every event once, in the order of its partitions."""
    found: dict[str, list[Event]] = {topic: [] for topic in _JSON_TOPICS}
    for partition, records in sorted(archive.items()):
        if partition.topic in found:
            numbered = {dict(record.headers)[_SEQUENCE]: record for record in records}
            found[partition.topic] += [json.loads(record.value) for record in numbered.values()]
    return found


def check_once(events: Mapping[str, list[Event]]) -> Iterator[str]:
    """No event twice under different ids, and no id for two events."""
    for topic, found in events.items():
        yield from _repeated(f"published: {topic}: id", [event["id"] for event in found])
    finals = [event["data"] for event in events["kpi-values"] if event["data"]["status"] != "provisional"]
    yield from _repeated("published: kpi-values:", [(*_value_key(one), one["revision"]) for one in finals])
    issues = [(event["data"]["issue_id"], event["data"]["version"]) for event in events["issue-changes"]]
    yield from _repeated("published: issue-changes:", issues)
    sets = [event["data"] for event in events["goal-changes"] if "version" in event["data"]]
    yield from _repeated("published: goal-changes:", [(one["goal_set"], one["version"]) for one in sets])


def _repeated(what: str, keys: list[Any]) -> Iterator[str]:
    seen: set[Any] = set()
    for key in keys:
        if key in seen:
            yield f"{what} {key} was published twice"
        seen.add(key)


def check_last_words(expected: Expectation, events: Mapping[str, list[Event]]) -> Iterator[str]:
    """What a reader of the topics would hold is what the services hold."""
    yield from _last_values(expected, events["kpi-values"])
    yield from _last_anomalies(expected, events["anomalies"])
    yield from _last_issues(expected, events["issue-changes"])


def _last_values(expected: Expectation, events: list[Event]) -> Iterator[str]:
    versions = expected.versions()
    told = {_value_key(event["data"]): _value_facts(event["data"]) for event in events}
    held = {}
    for row in expected.fleet.databases["analytics"].rows("SELECT * FROM kpi_values"):
        start = moment(row["window_start"]).isoformat().replace("+00:00", "Z")
        held[row["indicator"], row["indicator_version"], subject_of(row["subject"]), start] = _value_facts(row)
    current = {key: facts for key, facts in told.items() if versions[key[0]] == key[1]}
    yield from differences("last kpi-values", {key: held[key] for key in held if versions[key[0]] == key[1]}, current)


def _value_key(data: Event) -> tuple[Any, ...]:
    return data["indicator"], data["indicator_version"], tuple(sorted(data["subject"].items())), data["window"]["start"]


def _value_facts(data: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        data[name] for name in ("value", "numerator", "denominator", "sample_size", "status", "judgement", "revision")
    )


def _last_anomalies(expected: Expectation, events: list[Event]) -> Iterator[str]:
    told = {event["data"]["anomaly_id"]: _anomaly_facts(event["data"]) for event in events}
    rows = expected.fleet.databases["analytics"].rows("SELECT id, snapshot FROM anomalies")
    held = {row["id"]: _anomaly_facts(json.loads(row["snapshot"])) for row in rows}
    yield from differences("last anomalies", held, told)


def _anomaly_facts(data: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        data["state"],
        data["reason"],
        data["rule_version"],
        data["severity"],
        data["cleared_at"],
        data["opens_issue"],
    )


def _last_issues(expected: Expectation, events: list[Event]) -> Iterator[str]:
    told = {
        event["data"]["issue_id"]: _issue_facts(event["data"])
        for event in sorted(events, key=lambda one: one["data"]["version"])
    }
    rows = expected.fleet.databases["issues"].rows("SELECT body FROM issues")
    held = {}
    for body in (json.loads(row["body"]) for row in rows):
        held[body["id"]] = _issue_facts({**body, "occurrences": len(body["evidence"])})
    yield from differences("last issue-changes", held, told)


def _issue_facts(data: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(data[name] for name in ("number", "state", "version", "occurrences", "owner", "severity", "goal_id"))
