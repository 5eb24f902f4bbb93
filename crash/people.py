"""What people do meanwhile: define, correct, replay, set goals. Some of it is done to make a process pass a certain step."""

import itertools
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from crash.installations import Site
from crash.persistence import persist, wait_until
from crash.plant import (
    LINES_OF_SOURCE,
    MENDED_LATER,
    MENDED_TYPES,
    NEVER_MEASURED,
    definitions,
    goal_set,
    source,
)
from crash.reference import WRONG, Sent
from crash.stream import Event, corrected

_QUALITY_MANAGER, _DIRECTOR, _ADMIN = "Li Wei; quality_manager", "Eva Roth; director", "tester; admin"
_TRIGGERS = (
    ("decompose", _QUALITY_MANAGER),
    ("submit", _QUALITY_MANAGER),
    ("vote-approve", _DIRECTOR),
    ("publish", _QUALITY_MANAGER),
)
_UNKNOWN_TYPE = "unknown-event-type"
_TOPIC_OF = {"analytics": "goal-changes", "issues": "anomalies", "goals": "kpi-values"}
_PARTITIONS = 4


class People:
    """Everything here may be called while processes die; each call persists until it is done."""

    def __init__(self, site: Site, sent: Sent) -> None:
        self._site = site
        self._sent = sent
        self._learned: set[int] = set()
        self._numbers = itertools.count(1)
        self.goal_sets: dict[str, str] = {}
        """Goal's id → goal set, of those that judge readings."""

    def define(self) -> None:
        for path, body in definitions().items():
            self._put(path, body)

    def pursue(self, period: str, *, effective_in: timedelta | None = None) -> None:
        """Bring a goal set into force, at once or by the clock."""
        # 422 and 409 until goals has heard of the indicator.
        self._put(f"goal-sets/{period}", goal_set(period), again=(422, 503), done=(200, 201, 409))
        for trigger, actor in _TRIGGERS:
            facts = {}
            if trigger == "publish" and effective_in is not None:
                facts["effective_from"] = (datetime.now(UTC) + effective_in).isoformat()
            self._advance(period, trigger, facts=facts, actor=actor)
        self.goal_sets[self._read(f"/v1/goal-sets/{period}")["goals"][0]["id"]] = period

    def release(self) -> None:
        """Correct one wrong event that lies in quarantine, if there is any."""
        for entry in self._entries(WRONG):
            self._release(entry["id"])
            self._sent.released.add(entry["event_id"])

    def mend(self) -> None:
        """Let the sources learn the type of one event in quarantine, if there is any, and replay."""
        for entry in self._entries(_UNKNOWN_TYPE):
            kind = self._original(entry["id"])["type"]
            self._learn({int(kind.removeprefix(MENDED_LATER))})
            self._replay()

    def mend_all(self) -> None:
        """Let the sources learn every type, and replay what waits."""
        self._learn(set(range(MENDED_TYPES)))
        self._replay()

    def report(self) -> None:
        """An issue reported by hand, of an indicator whose calendar has no working time: it is overdue at once."""
        number = next(self._numbers)
        body = {
            "title": f"Reported {number}",
            "indicator": NEVER_MEASURED,
            "subject": {"line": f"reported-{number}"},
            "problem": {"what": "scratches", "where": "final inspection", "when": "this morning"},
        }
        persist(lambda: self._site.http.post("/v1/issues", body, actor=_QUALITY_MANAGER), wanted=(200, 201))

    def define_a_calendar(self) -> None:
        self._put(f"calendars/unused-{next(self._numbers)}", {"time_zone": "Asia/Tokyo"})

    def judge_otherwise(self) -> None:
        """Another version of a rule on an indicator that never has a value."""
        body = {"indicator": NEVER_MEASURED, "kind": "target", "comparator": ">=", "target": next(self._numbers)}
        self._put("rules/rework-watched", body)

    def pursue_something_past(self) -> None:
        """A goal set of a month that has no readings."""
        self.pursue(self._past_period())

    def pursue_something_past_soon(self) -> None:
        """The same, and the clock is to bring it into force."""
        self.pursue(self._past_period(), effective_in=timedelta(seconds=2))

    def put_garbage(self, service: str) -> None:
        """Records that a service cannot read."""
        if self._site.raw is not None:
            self._site.raw.put_garbage(_TOPIC_OF[service], _PARTITIONS)

    def _past_period(self) -> str:
        years, month = divmod(next(self._numbers), 12)
        return f"{1900 + years}-{month + 1:02d}"

    def _entries(self, reason: str) -> list[dict[str, str]]:
        """One entry that is open, or none."""
        found: list[dict[str, str]] = self._read(f"/v1/quarantine?reason={reason}&limit=1")["items"]
        return found

    def _original(self, entry_id: str) -> Event:
        event: Event = json.loads(self._read(f"/v1/quarantine/{entry_id}")["original"])
        return event

    def _release(self, entry_id: str) -> None:
        body = {"event": corrected(self._original(entry_id))}
        # 409: it was released before, by a call whose answer was lost.
        persist(lambda: self._site.http.post(f"/v1/quarantine/{entry_id}/release", body), wanted=(200, 409))

    def _read(self, path: str) -> Any:
        return persist(lambda: self._site.http.get(path), wanted=(200,)).json()

    def _learn(self, types: set[int]) -> None:
        self._learned |= types
        for name in LINES_OF_SOURCE:
            self._put(f"sources/{name}", source(self._learned))

    def _replay(self) -> None:
        body = {"reason": _UNKNOWN_TYPE}
        persist(lambda: self._site.http.post("/v1/quarantine/replay", body), wanted=(200,))

    def _put(
        self,
        path: str,
        body: Mapping[str, object],
        *,
        again: tuple[int, ...] = (503,),
        done: tuple[int, ...] = (200, 201),
    ) -> None:
        actor = _QUALITY_MANAGER if path.startswith("goal-sets/") else _ADMIN
        persist(lambda: self._site.http.put(f"/v1/{path}", body, actor=actor), wanted=done, again=again)

    def _advance(self, period: str, trigger: str, *, facts: Mapping[str, object], actor: str) -> None:
        """A trigger that is refused was taken before, by a call whose answer was lost; or goals has to learn something yet."""

        def taken() -> bool:
            path = f"/v1/goal-sets/{period}/{trigger}"
            answer = persist(lambda: self._site.http.post(path, facts, actor=actor), wanted=(200, 409))
            return answer.status_code == 200 or trigger not in answer.json().get("allowed", [])

        wait_until(taken)


_OUTBOX_STEPS = ("outbox-numbered", "outbox-appended", "outbox-forgotten")


def stimuli(people: People, service: str) -> Mapping[str, Callable[[], None]]:
    """Step → what makes a process pass it. Every other step is passed because of what is sent."""
    past, soon = people.pursue_something_past, people.pursue_something_past_soon
    # What is sent changes no goal for minutes on end, so goals may have nothing to publish.
    published = dict.fromkeys(_OUTBOX_STEPS, past) if service == "goals" else {}
    return {
        **published,
        "release-appended": people.release,
        "replay-appended": people.mend,
        "targets-written": past,
        "targets-committed": past,
        "goals-known-written": past,
        "periods-written": soon,
        "definitions-known-written": people.define_a_calendar,
        "changes-adopted-written": people.define_a_calendar,
        "overdue-written": people.report,
        "dead-letter-put": lambda: people.put_garbage(service),
    }
