"""One plant for all seeds of a process: building the services takes longer than some seeds do."""

from collections.abc import Iterator

import pytest

from shared.telemetry.logging import configure_logging
from simulation.runner import be_quiet
from simulation.world import Plant


@pytest.fixture(scope="session")
def plant() -> Iterator[Plant]:
    be_quiet()
    yield Plant()
    configure_logging(level="info", log_format="console")
