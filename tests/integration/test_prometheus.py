"""Every query of the dashboards and alerting rules, run by a real Prometheus that scrapes a running Andon."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.integration.prometheus_server import Prometheus, program, running_prometheus
from tests.support.inspection_plant import DEFINITIONS, batches
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

EMPTY_IS_RIGHT: dict[str, str] = {}
"""Metric of a query → why there is nothing of it in an Andon to which nothing bad has happened."""


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
    """An Andon that has closed weeks, raised an anomaly, opened an issue, refused events and follows a goal."""
    with one_process(tmp_path_factory.mktemp("andon")) as installation:
        installation.define(DEFINITIONS)
        follow_a_goal(installation)
        for batch in batches(seed=7):
            installation.send(batch)
        yield installation


@pytest.fixture(scope="module")
def prometheus(andon: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    target = andon.processes["ingest"].url.removeprefix("http://")
    with running_prometheus(tmp_path_factory.mktemp("prometheus"), target=target, rules=RULES) as server:
        server.wait_for_scrapes(2, within_seconds=15)
        yield server


def follow_a_goal(installation: Installation) -> None:
    """An active goal set for the year of the plant's events."""
    goal = {
        "name": "first-pass-yield",
        "indicator": "first-pass-yield",
        "subject": {"line": "A"},
        "comparator": ">=",
        "target": 0.95,
        "owner": "role:quality_manager",
    }
    answer = installation.put("/v1/goal-sets/2026", {"goals": [goal]}, actor="Li Wei; quality_manager")
    assert answer.status_code in (200, 201), answer.text


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
    shown = httpx.get(f"{andon.processes['ingest'].url}/metrics", timeout=10).text
    names = {line.split()[2] for line in shown.splitlines() if line.startswith("# HELP andon_")}
    reference = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}`" not in reference and not name.endswith("_created")} == set()
