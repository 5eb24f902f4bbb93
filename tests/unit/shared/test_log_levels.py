"""What a library calls an error may be trouble that mends itself."""

import json
import logging
from collections.abc import Iterator

import pytest

from shared.telemetry.logging import configure_logging


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.mark.usefixtures("logging_as_it_was")
def test_a_broker_that_is_away_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="info", log_format="json")
    for name in ("kafka.conn", "kafkaesque"):
        logging.getLogger(name).error("connection refused")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["logger"]: line["level"] for line in lines} == {
        "kafka.conn": "warning",
        "kafkaesque": "error",
    }
