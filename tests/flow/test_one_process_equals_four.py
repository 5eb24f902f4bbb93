"""The same data through one process on the embedded log and through four on Kafka and PostgreSQL: one result.

Both are compared with the reference, which knows nothing of Andon, so they are equal to one another as well. That killing them
changes nothing is for `tests/crash` to show.
"""

from pathlib import Path

import pytest

from tests.support.inspection_plant import batches, expected
from tests.support.installation import Installation, four_processes, one_process
from tests.support.results import wait_for

SETTLES_WITHIN_SECONDS = 60


def send_all(installation: Installation, days: list[list[dict[str, object]]]) -> None:
    for batch in days:
        installation.send(batch)


@pytest.mark.processes
def test_one_process_agrees_with_the_reference(tmp_path: Path) -> None:
    days = batches(seed=1)
    with one_process(tmp_path) as andon:
        andon.define()
        send_all(andon, days)
        wait_for(andon.get, expected(days), SETTLES_WITHIN_SECONDS)


@pytest.mark.processes
@pytest.mark.kafka
@pytest.mark.postgres
def test_four_processes_agree_with_the_reference(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_prefix: str, postgres_server: str
) -> None:
    days = batches(seed=1)
    with four_processes(
        tmp_path,
        bootstrap_servers=kafka_bootstrap_servers,
        topic_prefix=kafka_prefix,
        postgres_server=postgres_server,
    ) as andon:
        andon.define()
        send_all(andon, days)
        wait_for(andon.get, expected(days), SETTLES_WITHIN_SECONDS)
