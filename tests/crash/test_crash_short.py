"""The crash harness in its short form: a few kills at steps and moments on each log, and everything equals the reference.

`make crash` is the full form: every step, a hundred kills, broker and database struck as well.
"""

from pathlib import Path

import pytest

from crash.installations import SECOND, SESSION_SECONDS, embedded, on_kafka
from crash.plan import Strike
from crash.report import text_of
from crash.run import Order, Report, run

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]


def judged(report: Report) -> None:
    assert report.is_good, text_of(report)
    assert report.result.values, "nothing was counted, so nothing was shown"


def test_in_one_process(tmp_path: Path) -> None:
    plan = [
        Strike("step", "andon", "log-rows-committed", 3),
        Strike("moment", "andon", seconds=0.3),
        Strike("disk"),
        Strike("step", "andon", "outbox-appended", 4),
    ]
    with embedded(tmp_path) as site:
        judged(run(site, Order(seed=1, plan=plan, pause_seconds=0.2), tell=lambda _: None))


@pytest.mark.kafka
@pytest.mark.postgres
def test_in_five_processes(tmp_path: Path, kafka_bootstrap_servers: str, postgres_server: str) -> None:
    plan = [
        Strike("step", "ingest", "raw-taken"),
        Strike("step", SECOND, "outbox-numbered", 3),
        Strike("pause-at-step", "analytics", "fold-polled", 2, seconds=2 * SESSION_SECONDS),
        Strike("moment", "issues", seconds=0.2),
        Strike("moment", "goals", seconds=0.2),
    ]
    with on_kafka(tmp_path, bootstrap_servers=kafka_bootstrap_servers, postgres_url=postgres_server) as site:
        judged(run(site, Order(seed=2, plan=plan, pause_seconds=0.2), tell=lambda _: None))
