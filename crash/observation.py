"""What Andon says, read through its HTTP interface."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from crash.comparison import Episode, Result, Subject, Value, ValueKey, subject_of
from crash.plant import INDICATORS_COMPARED
from crash.reference import WRONG

_PAGE = 200
Item = dict[str, Any]


class Answer(Protocol):
    @property
    def status_code(self) -> int: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...


Get = Callable[[str], Answer]
"""GET a path of the interface, whichever process serves it."""


class NotReadable(Exception):
    """A list could not be read; the answer is the message."""


def items(get: Get, path: str) -> Iterator[Item]:
    """All items of a list, page by page."""
    cursor: str | None = None
    while True:
        answer = get(f"{path}{'&' if '?' in path else '?'}limit={_PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        if answer.status_code != 200:
            raise NotReadable(f"{path}: {answer.status_code} {answer.text}")
        page = answer.json()
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def observed(get: Get, goal_sets: Mapping[str, str]) -> Result:
    """Everything as it now stands.

    Args:
        goal_sets: goal's id → the goal set that it belongs to.
    """
    anomalies = [item for item in items(get, "/v1/anomalies") if item["state"] != "withdrawn"]
    issues = [item for item in items(get, "/v1/issues") if item["source"] == "anomaly"]
    entries = list(_quarantine(get))
    return Result(
        values=dict(pair for indicator in INDICATORS_COMPARED for pair in _values(get, indicator)),
        episodes=Counter(_episode(item, goal_sets) for item in anomalies),
        issues={subject_of(item["subject"]): item["occurrences"] for item in issues},
        quarantine=Counter((one["event_id"], one["reason"], one["state"]) for one in entries if one["reason"] == WRONG),
        flaws=(*_of_issues(get, issues, anomalies), *_of_quarantine(entries)),
    )


def _values(get: Get, indicator: str) -> Iterator[tuple[ValueKey, Value]]:
    for item in items(get, f"/v1/indicators/{indicator}/values"):
        start = datetime.fromisoformat(item["window"]["start"])
        key = ValueKey(indicator, subject_of(item["subject"]), start)
        yield key, Value(item["value"], item["sample_size"], item["status"] != "provisional")


def _episode(anomaly: Item, goal_sets: Mapping[str, str]) -> Episode:
    """`raised_at` and `cleared_at` are the wall clock's, and not compared."""
    goal_id = anomaly["goal_id"]
    cleared = anomaly["cleared_window"]
    return Episode(
        anomaly["rule"] if goal_id is None else f"goal {goal_sets.get(goal_id, goal_id)}",
        subject_of(anomaly["subject"]),
        datetime.fromisoformat(anomaly["raised_window"]["start"]),
        datetime.fromisoformat(cleared["start"]) if cleared else None,
    )


def _of_issues(get: Get, issues: Sequence[Item], anomalies: Sequence[Item]) -> Iterator[str]:
    """No second issue of one trouble, no anomaly without its issue, no issue without its anomaly."""
    of_subject: defaultdict[Subject, list[str]] = defaultdict(list)
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for item in issues:
        of_subject[subject_of(item["subject"])].append(item["id"])
        for occurrence in get(f"/v1/issues/{item['id']}").json()["seen"]:
            holders[occurrence["id"]].append(item["id"])
    yield from (f"{len(ids)} issues of {subject}" for subject, ids in of_subject.items() if len(ids) > 1)
    known = {anomaly["id"] for anomaly in anomalies}
    yield from (f"anomaly {id_} stands in issues {holders[id_]}" for id_ in sorted(known) if len(holders[id_]) != 1)
    withdrawn = {item["id"] for item in items(get, "/v1/anomalies?state=withdrawn")}
    yield from (f"issues name anomaly {id_}, which is not there" for id_ in sorted({*holders} - known - withdrawn))


def _quarantine(get: Get) -> Iterator[Item]:
    for state in ("open", "released", "replayed"):
        yield from items(get, f"/v1/quarantine?state={state}")


def _of_quarantine(entries: Sequence[Item]) -> Iterator[str]:
    """What definitions can mend is mended at the end, and no event is kept twice."""
    for one in entries:
        if one["reason"] != WRONG and one["state"] != "replayed":
            yield f"event {one['event_id']} is {one['state']} in quarantine: {one['reason']}: {one['detail']}"
    kept = Counter(one["event_id"] for one in entries)
    yield from (f"event {id_} has {count} entries in quarantine" for id_, count in kept.items() if count > 1)
