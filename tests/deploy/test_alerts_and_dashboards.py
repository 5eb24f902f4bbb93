"""Rules, their tests, the operator's guide and the dashboards speak of the same things."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.deploy.files import DEPLOY, compose
from tools.reference.document import ROOT
from tools.reference.metrics import metrics

RULES = yaml.safe_load((DEPLOY / "prometheus/rules.yaml").read_text(encoding="utf-8"))
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
DASHBOARDS = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
GUIDE = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
HISTOGRAM = re.compile(r"_(bucket|sum|count)$")
PATTERN = re.compile(r'__name__=~"([^"]+)"')

every_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda rule: rule["alert"])
every_dashboard = pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)


def known_metrics() -> set[str]:
    return {item.name for made in metrics().values() for item in made}


def unknown_metrics(expression: str) -> list[str]:
    """Metrics of an expression, and patterns of names, that no part of Andon has."""
    known = known_metrics()
    patterns = PATTERN.findall(expression)
    named = re.findall(r"\bandon_[a-z_]+", PATTERN.sub("", expression))
    shown = known | {f"{name}_{part}" for name in known for part in ("bucket", "sum", "count")}
    lacking = [name for name in named if HISTOGRAM.sub("", name) not in known and name not in known]
    return lacking + [pattern for pattern in patterns if not any(re.fullmatch(pattern, name) for name in shown)]


def dashboard(path: Any) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


@every_alert
def test_an_alert_says_what_it_means_and_where_to_read_on(alert: dict[str, Any]) -> None:
    assert set(alert["annotations"]) == {"summary", "description", "runbook"}
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    page, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert page == "docs/operate.md"
    assert anchor == alert["alert"].lower()
    assert f"### {alert['alert']}\n" in GUIDE


@every_alert
def test_an_alert_is_tested(alert: dict[str, Any]) -> None:
    cases = yaml.safe_load((DEPLOY / "prometheus/rules_test.yaml").read_text(encoding="utf-8"))["tests"]
    checks = [check for case in cases for check in case["alert_rule_test"] if check["alertname"] == alert["alert"]]
    assert any(check["exp_alerts"] for check in checks)


@every_alert
def test_an_alert_watches_what_exists(alert: dict[str, Any]) -> None:
    assert unknown_metrics(alert["expr"]) == []


def test_the_guide_explains_no_alert_that_is_gone() -> None:
    explained = re.findall(r"^### (Andon\w+)$", GUIDE, re.MULTILINE)
    assert explained == [alert["alert"] for alert in ALERTS]


def expressions_of(path: Any) -> list[str]:
    return [
        target["expr"] for panel in dashboard(path)["panels"] if panel["type"] != "row" for target in panel["targets"]
    ]


@pytest.mark.parametrize(
    "name",
    [
        "andon_analytics_consumer_lag_records",
        "andon_analytics_consumer_lag_seconds",
        "andon_analytics_watermark_age_seconds",
        "andon_analytics_fold_seconds_bucket",
        "andon_analytics_readings_total",  # folded, and repeats among them
        "andon_analytics_evaluate_seconds_bucket",
        "andon_analytics_kpi_values_total",
        "andon_analytics_blocks_total",
        "andon_analytics_revisions_total",
        "andon_analytics_outbox_oldest_age_seconds",
        "andon_ingest_quarantine_open",
        "andon_ingest_backlog_seconds",
        "andon_ingest_dead_letters_total",
    ],
)
def test_what_the_data_path_is_watched_by_is_on_its_dashboard(name: str) -> None:
    shown = expressions_of(DEPLOY / "grafana/dashboards/data-path.json")
    patterns = [pattern for expression in shown for pattern in PATTERN.findall(expression)]
    assert any(name in expression for expression in shown) or any(re.fullmatch(one, name) for one in patterns)


@every_dashboard
def test_a_dashboard_shows_what_exists(path: Any) -> None:
    expressions = expressions_of(path)
    assert expressions
    assert [name for expression in expressions for name in unknown_metrics(expression)] == []


@every_dashboard
def test_each_panel_explains_itself_and_asks_the_provisioned_source(path: Any) -> None:
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/andon.yaml").read_text(encoding="utf-8"))
    (uid,) = [item["uid"] for item in source["datasources"]]
    for panel in dashboard(path)["panels"]:
        if panel["type"] != "row":
            assert panel["description"].endswith("."), panel["title"]
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {uid}


def test_dashboards_can_be_told_apart() -> None:
    found = [dashboard(path) for path in DASHBOARDS]
    assert len({item["uid"] for item in found}) == len({item["title"] for item in found}) == len(DASHBOARDS)


def test_grafana_finds_the_dashboards_where_compose_puts_them() -> None:
    grafana = compose()["services"]["grafana"]
    provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/andon.yaml").read_text(encoding="utf-8"))
    folder = provider["providers"][0]["options"]["path"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.removeprefix(f"{folder}/") in {path.name for path in DASHBOARDS}


def test_prometheus_asks_each_service_of_the_compose_file() -> None:
    configuration = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = [job for job in configuration["scrape_configs"] if job["job_name"] == "andon"]
    targets = job["static_configs"][0]["targets"]
    ours = [name for name, container in compose()["services"].items() if "run" in container.get("command", [])]
    assert targets == [f"{name}:8080" for name in ours if name != "embedded"]
    assert configuration["rule_files"] == ["rules.yaml"]
