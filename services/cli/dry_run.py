"""`andon dry-run`: what rules would have raised on the values there are, as tables for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.table import Table

from services.cli.client import CallFailed, Client
from services.cli.definitions import UnreadableDefinitions, read_definitions

_COUNTS = ("subjects", "judged", "anomalies", "left_out")
_RATES = ("anomalies_a_month", "issues_a_month")
_DIFFERENCES = ("only_this", "both", "only_in_force")


class UnreadableSubject(Exception):
    """What stands for a subject is not of the form dimension=value."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule to try; without a body the one in force, with the file it stands in else."""

    name: str
    body: Mapping[str, Any] | None = None
    file: Path | None = None


def candidates(what: str) -> list[Candidate]:
    """The rules of a YAML file or folder; what is neither is the name of a rule in force.

    Raises:
        UnreadableDefinitions: there is no such file, it cannot be read, or it holds no rules.
    """
    place = Path(what)
    if not place.exists():
        if place.suffix in (".yaml", ".yml") or len(place.parts) != 1:
            raise UnreadableDefinitions(f"{what}: no such file")
        return [Candidate(what)]
    found = [Candidate(one.name, one.body, one.file) for one in read_definitions(place) if one.section == "rules"]
    if not found:
        raise UnreadableDefinitions(f"{what} holds no rules; write rules: {{name: …}}")
    return found


def asked_of(since: str | None, until: str | None, subject: Sequence[str]) -> dict[str, str]:
    """The query of a dry run. Raises UnreadableSubject."""
    pairs = [one.partition("=") for one in subject]
    wrong = [dimension + rest for dimension, equals, rest in pairs if not (dimension and equals)]
    if wrong:
        raise UnreadableSubject(f"--subject {wrong[0]!r}: write dimension=value")
    span = {"from": since, "to": until}
    return {
        **{name: moment for name, moment in span.items() if moment is not None},
        **{f"subject.{dimension}": value for dimension, _, value in pairs},
    }


def dry_run(client: Client, candidate: Candidate, asked: Mapping[str, str]) -> dict[str, Any]:
    """The answer for all subjects, page by page. Raises CallFailed, naming the file."""
    path = f"/v1/rules/{quote(candidate.name, safe='')}/dry-run"
    try:
        whole: dict[str, Any] = client.post(path, candidate.body, asked)
        page = whole
        while page["next"] is not None:
            page = client.post(path, candidate.body, {**asked, "cursor": page["next"]})
            whole = _added(whole, page)
    except CallFailed as error:
        where = "" if candidate.file is None else f"{candidate.file}: "
        raise CallFailed(f"{where}rules/{candidate.name}: {error}", error.status) from error
    return whole


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two pages as one: counts and rates add up."""
    return {
        **one,
        **{name: _sum(one[name], other[name]) for name in (*_COUNTS, *_RATES)},
        "items": [*one["items"], *other["items"]],
        "only_in_force": [*one["only_in_force"], *other["only_in_force"]],
        "expected_false_alarms": _summed(one["expected_false_alarms"], other["expected_false_alarms"], ["a_month"]),
        "difference": _summed(one["difference"], other["difference"], _DIFFERENCES),
    }


def _summed(one: Mapping[str, Any], other: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {**one, **{name: _sum(one[name], other[name]) for name in names}}


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def summary(trial: Mapping[str, Any]) -> Iterator[str]:
    """What a person wants to know before the rule may act, a line each."""
    covered = f"{_times(trial['subjects'], 'subject')}, {_times(trial['judged'], 'judged value')}"
    yield f"{trial['rule']} on {trial['indicator']}, {_span(trial['span'])}: {covered}"
    raised = f"  would have raised {_times(trial['anomalies'], 'anomaly', 'anomalies')}"
    if trial["span"] is None:
        yield raised
    else:
        yield f"{raised}, {_rate(trial['anomalies_a_month'])}; issues {_rate(trial['issues_a_month'])} at most"
    alarms, difference = trial["expected_false_alarms"], trial["difference"]
    if alarms["windows_between"] is None:
        yield f"  false alarms in theory: not known; {alarms['reason']}"
    else:
        rate = "" if alarms["a_month"] is None else f", {_rate(alarms['a_month'])} at most"
        yield f"  false alarms in theory: one in {alarms['windows_between']:.3g} judged windows{rate}"
    if difference["reason"] is None:
        counts = ", ".join(f"{difference[name]} {name.replace('_', ' ')}" for name in _DIFFERENCES)
        yield f"  beside version {difference['version_in_force']} in force: {counts}"
    else:
        yield f"  not compared: {difference['reason']}"
    if trial["left_out"]:
        yield f"  {_times(trial['left_out'], 'anomaly', 'anomalies')} not shown; narrow --from, --to or --subject"


def anomalies(trial: Mapping[str, Any]) -> Table | None:
    """A row for each anomaly of this rule or of the one in force; None without any."""
    found = [*trial["items"], *trial["only_in_force"]]
    if not found:
        return None
    table = Table("found by", "subject", "raised", "cleared", "severity", "reason")
    for one in found:
        subject = ", ".join(f"{name}={value}" for name, value in one["subject"].items())
        found_by = (one["found_by"] or "only_this").replace("_", " ")
        windows = (_day(one["raised_window"]), _day(one["cleared_window"]))
        table.add_row(found_by, subject or "-", *windows, one["severity"], one["reason"])
    return table


def _times(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _rate(a_month: float) -> str:
    return f"{a_month:.2g} a month"


def _span(span: Mapping[str, str] | None) -> str:
    return "no final value yet" if span is None else f"{span['start']} to {span['end']}"


def _day(window: Mapping[str, str] | None) -> str:
    return "-" if window is None else window["start"]
