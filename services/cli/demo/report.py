"""What the demo prints at its end: tables for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.cli.demo.agreement import Check
from services.cli.demo.observation import Json, Observation, span_of
from services.cli.demo.sending import SENT_TWICE, Sent

_SUBJECTS_PER_INDICATOR = 4
_MOST_REASONS = 8
_MOST_ISSUES = 12
_MOST_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the report is made of."""

    sent: Sent
    observed: Observation
    checks: Sequence[Check]
    airlines: Mapping[str, str]
    definitions: Mapping[str, Mapping[str, Any]]
    seconds: float
    folder: Path


def report(shown: Shown, console: Console) -> None:
    """Print all tables."""
    for table in (
        _events(shown),
        _values(shown),
        _anomalies(shown),
        _issues(shown),
        _attainment(shown),
        _agreement(shown),
    ):
        console.print()
        console.print(table)
    _differences(shown, console)
    _where_next(shown, console)


def _events(shown: Shown) -> Table:
    table = Table("events", "count", title="Sent over HTTP, as CloudEvents in NDJSON batches")
    sent = shown.sent
    table.add_row("accepted", f"{sent.accepted:,}")
    table.add_row("  of these, copies sent a second time and counted once", f"{SENT_TWICE:,}")
    for reason, count in sorted(sent.quarantined.items()):
        table.add_row(f"quarantined: {reason} (broken on purpose)", f"{count:,}")
    table.add_row("seconds", f"{sent.seconds:.1f}")
    table.add_row("events per second, durable when answered, KPIs computed beside", f"{sent.per_second:,.0f}")
    return table


def _values(shown: Shown) -> Table:
    table = Table("indicator", "subject", "window", "value", "from", "status", title="KPI values, the newest of some")
    for name, values in shown.observed.values.items():
        newest = {_subject(value, shown): value for value in values if value["judgement"] == "judged"}
        for subject, value in islice(sorted(newest.items()), _SUBJECTS_PER_INDICATOR):
            number, parts = _in_words(value, shown.definitions["indicators"][name])
            table.add_row(name, subject, " – ".join(span_of(value["window"])), number, parts, value["status"])
    everything = [value for values in shown.observed.values.values() for value in values]
    few = sum(value["judgement"] != "judged" for value in everything)
    table.caption = f"{len(everything):,} values in all, {few} of them on too few flights to be judged"
    return table


def _in_words(value: Json, indicator: Json) -> tuple[str, str]:
    """The value, and the sums that it comes from."""
    top, bottom = value["numerator"], value["denominator"]
    if indicator["formula"]["kind"] == "ratio":
        return f"{value['value']:.1%}", f"{top:,.0f} of {bottom:,.0f} flights"
    return f"{value['value']:.1f} {indicator['unit']}", f"{top:,.0f} {indicator['unit']} over {bottom:,.0f} flights"


def _anomalies(shown: Shown) -> Table:
    """Open ones first, then those that went on longest."""
    found = sorted(shown.observed.anomalies, key=lambda one: (one["state"] != "open", -one["windows_missed"]))
    table = Table("state", "severity", "reason", title="Anomalies", show_lines=True)
    for anomaly in islice(found, _MOST_REASONS):
        table.add_row(anomaly["state"], anomaly["severity"], anomaly["reason"])
    table.caption = _rest(len(found), "anomalies", "GET /v1/anomalies", most=_MOST_REASONS)
    return table


def _issues(shown: Shown) -> Table:
    found = shown.observed.issues
    table = Table("number", "title", "priority", "owner", "due", "occurrences", title="Issues, opened by themselves")
    for issue in islice(found, _MOST_ISSUES):
        due = issue["due_at"][:10]
        table.add_row(
            issue["number"], issue["title"], issue["priority"], issue["owner"], due, str(issue["occurrences"])
        )
    table.caption = _rest(len(found), "issues", "GET /v1/issues", most=_MOST_ISSUES)
    return table


def _attainment(shown: Shown) -> Table:
    table = Table(
        "goal", "of", "target", "actual", "weeks met", "health", "issues", title="Attainment of the goals of 2013"
    )
    for item in shown.observed.attainment:
        windows = item["windows"]
        judged = windows["met"] + windows["missed"]
        actual = "–" if item["actual"] is None else f"{item['actual']:.1%}"
        table.add_row(
            item["goal"],
            _subject(item, shown),
            f"{item['comparator']} {item['target']:.0%}",
            f"[{'green' if item['is_met'] else 'red'}]{actual}[/]",
            f"{windows['met']} of {judged}",
            item["health"],
            ", ".join(link["number"] for link in item["issues"]) or "–",
        )
    return table


def _agreement(shown: Shown) -> Table:
    table = Table("figures", "compared", "agree", title="Against an independent recomputation from the CSV")
    for check in shown.checks:
        wrong = len(check.differences)
        table.add_row(check.what, f"{check.compared:,}", f"[red]no: {wrong} differ[/]" if wrong else "[green]yes[/]")
    return table


def _differences(shown: Shown, console: Console) -> None:
    for check in shown.checks:
        for difference in check.differences[:_MOST_DIFFERENCES]:
            console.print(f"[red]{check.what}[/]: {difference}", highlight=False)


def _where_next(shown: Shown, console: Console) -> None:
    agrees = not any(check.differences for check in shown.checks)
    verdict = "[green]Every figure agrees.[/]" if agrees else "[red]Figures differ; this is a fault of Andon.[/]"
    console.print(f"\n{verdict} {shown.seconds:.0f} seconds in all.\n")
    console.print("Where to look next", style="bold")
    console.print(
        f"  ANDON_DATA_DIR={shown.folder} .venv/bin/andon run    the same data on http://127.0.0.1:8080, API at /docs"
    )
    console.print("  .venv/bin/andon quarantine list                 the five broken events, with reasons")
    console.print("  .venv/bin/andon tail anomalies --from-start     any topic as text")
    console.print("  examples/flights                                the definitions of all this")
    console.print("  README.md                                       your own first issue in five minutes")


def _subject(item: Json, shown: Shown) -> str:
    parts = (shown.airlines.get(value, value) for value in item["subject"].values())
    return ", ".join(parts) or "company"


def _rest(count: int, what: str, where: str, *, most: int) -> str:
    return f"{count} {what}" + (f", the others at {where}" if count > most else "")
