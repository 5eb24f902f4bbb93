"""Every query of the dashboards and alerting rules, run by a real Prometheus that scrapes a running Andon."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.integration.prometheus_server import Prometheus, program, running_prometheus
from tests.support.inspection_plant import DEFINITIONS, LINES, batches
from tests.support.installation import Installation, one_process
from tests.support.processes import ROOT

pytestmark = pytest.mark.prometheus

RULES = ROOT / "deploy/prometheus/rules.yaml"
RULES_TEST = ROOT / "deploy/prometheus/rules_test.yaml"
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
CHECK_SECONDS = 20
GRAFANA_VARIABLES = {
    "$__rate_interval": "1m",
    "$__range": "1h",
    "$indicator": ".*",
    "$subject": ".*",
    "$instance": ".*",
}
COMPARISON = re.compile(r"\s+(>=|<=|==|!=|>|<)\s+-?[\d.]+\s*$")

EMPTY_IS_RIGHT = {
    "_dead_letters_total": "every record could be handled",
    "_retries_total": "neither the log nor a database was away",
    'status=~"5.."': "no request has failed",
    'change="issue.overdue"': "no deadline has passed",
    'verdict="rejected_as_false"': "nobody has rejected an issue as false",
}
"""Part of a query → why there is nothing of it in an Andon to which nothing bad has happened."""

CRITICAL = {**DEFINITIONS, "rules/yield-below-95": {**DEFINITIONS["rules/yield-below-95"], "severity": "critical"}}
QUALITY_MANAGER = "Li Wei; quality_manager"
DIRECTOR = "Zhao Lei; director"
SETTLED = (
    'andon_analytics_kpi_breached{indicator="first-pass-yield"',
    'andon_issues_open{severity="critical",state="triage"}',
    'andon_goals_active{health="off_track"}',
)
"""What /metrics shows once the whole way has been gone."""
SETTLES_WITHIN_SECONDS = 25


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(dashboard: Path) -> Iterator[dict[str, Any]]:
    """The panels that show something, those inside of rows included."""
    for panel in json.loads(dashboard.read_text(encoding="utf-8"))["panels"]:
        yield from panel.get("panels", []) if panel["type"] == "row" else [panel]


def queries() -> list[tuple[str, str]]:
    """(where it stands, expression with Grafana's variables filled in)."""
    found = [
        (f"{dashboard.stem}: {panel['title']}", target["expr"])
        for dashboard in DASHBOARDS
        for panel in panels(dashboard)
        for target in panel.get("targets", [])
    ]
    found += [(f"rules: {rule.get('record') or rule['alert']}", rule["expr"]) for rule in rules()]
    return [(where, filled(expression)) for where, expression in found]


def filled(expression: str) -> str:
    for variable, value in GRAFANA_VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


@pytest.fixture(scope="module")
def andon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An Andon that has refused events, closed weeks, raised anomalies, opened issues and missed goals."""
    environment = {"ANDON_ANALYTICS_GAUGES_EVERY_SECONDS": "1"}
    with one_process(tmp_path_factory.mktemp("andon"), environment) as installation:
        installation.define(CRITICAL)
        days = batches(seed=7, weeks=8)
        installation.send([event for day in days[:35] for event in day])
        eventually(lambda: accept_an_issue(installation))
        eventually(lambda: pursue_goals(installation))
        installation.send([event for day in days[35:] for event in day])
        eventually(lambda: all(sample in metrics_of(installation) for sample in SETTLED))
        yield installation


@pytest.fixture(scope="module")
def prometheus(andon: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    target = andon.processes["ingest"].url.removeprefix("http://")
    with running_prometheus(tmp_path_factory.mktemp("prometheus"), target=target, rules=RULES) as server:
        server.wait_for_scrapes(2, within_seconds=15)
        yield server


def eventually(done: Callable[[], bool]) -> None:
    """Ask again until it is done."""
    deadline = time.monotonic() + SETTLES_WITHIN_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"not within {SETTLES_WITHIN_SECONDS} s"
        time.sleep(0.2)


def accept_an_issue(installation: Installation) -> bool:
    issues = installation.get("/v1/issues").json()["items"]
    if not issues:
        return False
    answer = installation.post(f"/v1/issues/{issues[0]['id']}/accept", {"owner": "Chen Jie"}, actor=QUALITY_MANAGER)
    assert answer.status_code == 200, answer.text
    return True


def pursue_goals(installation: Installation) -> bool:
    """Put a goal for each line into force, once goals has heard of the indicator."""
    goals = [
        {
            "name": f"yield-{line}",
            "indicator": "first-pass-yield",
            "subject": {"line": line},
            "comparator": ">=",
            "target": 0.99,
            "owner": "role:quality_manager",
        }
        for line in LINES
    ]
    answer = installation.put("/v1/goal-sets/2026", {"title": "Quality 2026", "goals": goals}, actor=QUALITY_MANAGER)
    if answer.status_code == 422:
        return False
    assert answer.status_code in (200, 201), answer.text
    steps = [
        ("decompose", QUALITY_MANAGER),
        ("submit", QUALITY_MANAGER),
        ("vote-approve", DIRECTOR),
        ("publish", QUALITY_MANAGER),
    ]
    for trigger, actor in steps:
        answer = installation.post(f"/v1/goal-sets/2026/{trigger}", {}, actor=actor)
        if trigger == "decompose" and answer.status_code == 409:
            return False
        assert answer.status_code == 200, f"{trigger}: {answer.text}"
    return True


def metrics_of(installation: Installation) -> str:
    return httpx.get(f"{installation.processes['ingest'].url}/metrics", timeout=10).text


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, timeout=CHECK_SECONDS, check=False
    )


def test_the_rules_are_well_formed() -> None:
    done = promtool("check", "rules", str(RULES))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_fire_when_they_should_and_only_then() -> None:
    done = promtool("test", "rules", str(RULES_TEST))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("where", "expression"), queries())
def test_a_query_can_be_read_and_finds_something(prometheus: Prometheus, where: str, expression: str) -> None:
    """An alert's expression is asked for without its comparison: the series that it watches must be there."""
    series = prometheus.query(COMPARISON.sub("", expression.strip()))
    if not any(metric in expression for metric in EMPTY_IS_RIGHT):
        assert series, f"{where} finds nothing: {expression}"


def test_no_exception_is_left_over() -> None:
    everything = " ".join(expression for _, expression in queries())
    assert [metric for metric in EMPTY_IS_RIGHT if metric not in everything] == []


def test_prometheus_has_loaded_every_rule_and_evaluates_it(prometheus: Prometheus) -> None:
    loaded = [rule for group in prometheus.rule_groups() for rule in group["rules"]]
    assert len(loaded) == len(rules())
    assert [rule["name"] for rule in loaded if rule["health"] == "err"] == []


def test_every_metric_that_is_shown_is_described(andon: Installation) -> None:
    """docs/reference/metrics.md names each metric that a running Andon shows."""
    names = {line.split()[2] for line in metrics_of(andon).splitlines() if line.startswith("# HELP andon_")}
    reference = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" not in reference and not name.endswith("_created")} == set()
