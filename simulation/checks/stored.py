"""What the services hold: quarantine, KPI values and anomalies, against the reference."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulation.events import Ledger
from simulation.instances import Fleet
from simulation.plant import LATE_SOURCE
from simulation.reference.episodes import Episode, Rule, episodes_of, rule_from
from simulation.reference.goals import goal_named, goal_rule
from simulation.reference.values import Series, Subject, calendar_of, factors_of, series_of, standing_facts

BUILT_IN = ("andon-rejection-rate", "andon-timeliness", "andon-completeness")
"""Indicators that nobody has to define; `checks/quality.py` is about them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FINAL = ("final", "restated")


@dataclass(frozen=True)
class Expectation:
    """What must be there, and how it is named in the databases."""

    fleet: Fleet
    ledger: Ledger
    definitions: Mapping[str, Mapping[str, Any]]
    goals_are_active: bool

    def indicators(self) -> dict[str, Series]:
        """Indicator → its values."""
        facts = standing_facts(self.ledger)
        return {
            name.removeprefix("indicators/"): series_of(body, self.definitions, facts)
            for name, body in self.definitions.items()
            if name.startswith("indicators/")
        }

    def versions(self) -> dict[str, int]:
        """Indicator → the version that its values carry now."""
        query = "SELECT name, computed_as FROM definitions WHERE kind = 'indicator' ORDER BY version"
        return {row["name"]: row["computed_as"] for row in self.fleet.databases["analytics"].rows(query)}

    def goals(self) -> dict[str, Mapping[str, Any]]:
        """Id of each goal of the active set → the goal as it was written."""
        if not self.goals_are_active:
            return {}
        bodies = [json.loads(row["body"]) for row in self.fleet.databases["goals"].rows("SELECT body FROM goal_sets")]
        return {goal["id"]: goal_named(goal["name"]) for body in bodies for goal in body["goals"]}

    def rules(self) -> list[Rule]:
        """Those that were defined, and those that follow from goals."""
        own = []
        for name, body in self.definitions.items():
            if name.startswith("rules/"):
                indicator = self.definitions[f"indicators/{body['indicator']}"]
                calendar = calendar_of(indicator, self.definitions)
                own.append(rule_from(name.removeprefix("rules/"), body, indicator, calendar=calendar))
        return own + [goal_rule(goal, goal_id) for goal_id, goal in self.goals().items()]


def check_quarantine(expected: Expectation) -> Iterator[str]:
    """Exactly the wrong events lie in quarantine; what waited for its source has been replayed."""
    rows = expected.fleet.databases["ingest"].rows("SELECT original, state, reason, source FROM quarantine")
    held = {bytes(row["original"]): row for row in rows}
    for original, reason in expected.ledger.wrong.items():
        row = held.pop(original, None)
        if row is None or (row["state"], row["reason"]) != ("open", reason):
            yield f"quarantine: {original!r} must be open for {reason}, and is {row}"
    for row in held.values():
        if (row["source"], row["state"]) != (LATE_SOURCE, "replayed"):
            yield f"quarantine: {row} must not be there"


def check_values(expected: Expectation) -> Iterator[str]:
    """Each window of each indicator has the value of its readings, counted once, and is final."""
    versions, wanted = expected.versions(), {}
    for name, series in expected.indicators().items():
        for subject, values in series.items():
            for value in values:
                facts = (value.numerator, value.denominator, value.sample_size, value.is_judged, float(value.exact))
                wanted[name, subject, value.start] = facts
    held = {}
    for row in expected.fleet.databases["analytics"].rows("SELECT * FROM kpi_values"):
        if row["indicator"] in BUILT_IN or row["indicator_version"] != versions[row["indicator"]]:
            continue
        if _lacks_a_factor(row, expected, versions):
            continue
        if row["status"] not in _FINAL:
            yield f"values: {_named(row)} is {row['status']} long after its end"
        if row["unpublished"]:
            yield f"values: {_named(row)} was never published as it is"
        if row["sample_size"] == 0 and row["value"] is None and row["judgement"] == "insufficient":
            continue
        facts = (row["numerator"], row["denominator"], row["sample_size"], row["judgement"] == "judged", row["value"])
        held[_named(row)] = facts
    yield from differences("values", wanted, held)


def _lacks_a_factor(row: Mapping[str, Any], expected: Expectation, versions: Mapping[str, int]) -> bool:
    """A derived value of which a factor has no window stays open, and without a number."""
    if (row["status"], row["value"], row["judgement"], row["unpublished"]) != ("provisional", None, "insufficient", 0):
        return False
    there = {
        one["indicator"]
        for one in expected.fleet.databases["analytics"].rows("SELECT * FROM kpi_values")
        if (one["subject"], one["window_start"]) == (row["subject"], row["window_start"])
        and one["indicator_version"] == versions[one["indicator"]]
    }
    return bool(set(factors_of(expected.definitions[f"indicators/{row['indicator']}"])) - there)


def check_anomalies(expected: Expectation) -> Iterator[str]:
    """Each run of missed targets is one anomaly, and nothing else is; but for data that were missing when they were due."""
    indicators, versions = expected.indicators(), expected.versions()
    rules = expected.rules()
    wanted = Counter(episode for rule in rules for episode in episodes_of(rule, indicators.get(rule.indicator, {})))
    may_come_late = {rule.name for rule in rules if rule.may_come_late}
    held: Counter[Episode] = Counter()
    for row in expected.fleet.databases["analytics"].rows("SELECT * FROM anomalies WHERE state != 'withdrawn'"):
        if row["indicator_version"] != versions[row["indicator"]]:
            if row["state"] == "open":
                yield f"anomalies: {row['id']} is open on a version that nobody computes any more"
            continue
        episode = _episode(row)
        if row["rule"] in may_come_late and row["state"] == "cleared" and not any(map(episode.overlaps, wanted)):
            continue  # they came in afterwards
        held[episode] += 1
    yield from differences("anomalies", wanted, held)


def differences(what: str, wanted: Mapping[Any, Any], held: Mapping[Any, Any]) -> Iterator[str]:
    """One sentence for each key that differs."""
    for key in sorted({*wanted, *held}, key=repr):
        if wanted.get(key) != held.get(key):
            yield f"{what}: {key} must be {wanted.get(key)}, and is {held.get(key)}"


def moment(microseconds: int) -> datetime:
    """A moment as SQLite keeps it."""
    return _EPOCH + timedelta(microseconds=microseconds)


def subject_of(text: str) -> Subject:
    return tuple(sorted(json.loads(text).items()))


def _named(row: Mapping[str, Any]) -> tuple[str, Subject, datetime]:
    return row["indicator"], subject_of(row["subject"]), moment(row["window_start"])


def _episode(row: Mapping[str, Any]) -> Episode:
    episode = json.loads(row["snapshot"])["episode"]
    cleared = episode["cleared"]
    return Episode(
        row["rule"],
        subject_of(row["subject"]),
        datetime.fromisoformat(episode["raised"][0]),
        None if cleared is None else datetime.fromisoformat(cleared[0]),
        episode["misses"],
    )
