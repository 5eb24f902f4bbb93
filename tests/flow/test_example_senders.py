"""The example senders, as an integrator would run them: against a real broker or over HTTP, and on to an issue."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.installation import Installation, four_processes, one_process
from tests.support.processes import ROOT
from tests.support.results import everything

EXAMPLES = ROOT / "examples"
ORDER = ("calendars", "reading_types", "sources", "indicators", "rules")


def define(andon: Installation, file: Path) -> None:
    sections = yaml.safe_load(file.read_text(encoding="utf-8"))
    andon.define(
        {f"{kind.replace('_', '-')}/{name}": body for kind in ORDER for name, body in sections.get(kind, {}).items()}
    )


def run(script: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def one_issue(andon: Installation, indicator: str, within_seconds: float = 60) -> dict[str, Any]:
    """The one issue of an indicator, once it is there."""
    deadline = time.monotonic() + within_seconds
    while not (issues := everything(andon.get, f"/v1/issues?indicator={indicator}")):
        assert time.monotonic() < deadline, f"no issue for {indicator}"
        time.sleep(0.2)
    assert len(issues) == 1
    return issues[0]


@pytest.fixture
def andon_on_kafka(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_prefix: str, postgres_server: str
) -> Iterator[Installation]:
    with four_processes(
        tmp_path,
        bootstrap_servers=kafka_bootstrap_servers,
        topic_prefix=kafka_prefix,
        postgres_server=postgres_server,
    ) as andon:
        yield andon


@pytest.mark.processes
@pytest.mark.kafka
@pytest.mark.postgres
def test_kafka_senders_lead_to_issues(
    andon_on_kafka: Installation, kafka_bootstrap_servers: str, kafka_prefix: str
) -> None:
    broker = ("--bootstrap", kafka_bootstrap_servers, "--prefix", kafka_prefix)
    erp, crm = EXAMPLES / "erp-inspections", EXAMPLES / "crm-tickets"
    define(andon_on_kafka, erp / "definitions.yaml")
    define(andon_on_kafka, crm / "definitions.yaml")
    for _ in range(2):  # the second run repeats every event, and changes nothing
        run(erp / "send_inspections.py", str(erp / "inspections.csv"), *broker)
        run(crm / "send_tickets.py", str(crm / "tickets.ndjson"), *broker)

    lots = one_issue(andon_on_kafka, "lot-acceptance")
    assert (lots["subject"], lots["severity"], lots["state"]) == ({"plant": "1000"}, "major", "detected")
    tickets = one_issue(andon_on_kafka, "time-to-first-answer")
    assert (tickets["subject"], tickets["severity"]) == ({"team": "north"}, "moderate")

    values = {
        item["window"]["start"]: (item["numerator"], item["denominator"], item["sample_size"])
        for item in everything(andon_on_kafka.get, "/v1/indicators/time-to-first-answer/values")
    }
    assert values["2026-10-06T00:00:00Z"] == (pytest.approx(4.5), 2.0, 2)  # 150 and 120 minutes, in hours
    assert values["2026-10-07T00:00:00Z"] == (pytest.approx(3.0), 1.0, 1)  # the e-mail does not count


@pytest.mark.processes
def test_the_http_sender_leads_to_an_issue(tmp_path: Path) -> None:
    first_issue = EXAMPLES / "first-issue"
    with one_process(tmp_path) as andon:
        define(andon, first_issue / "definitions" / "first-pass-yield.yaml")
        url = andon.processes["ingest"].url
        output = run(EXAMPLES / "http-sender" / "send_events.py", str(first_issue / "events.ndjson"), "--url", url)
        assert "accepted 9, quarantined 1" in output
        assert "inconsistent-measures" in output
        assert one_issue(andon, "first-pass-yield")["subject"] == {"line": "A"}
