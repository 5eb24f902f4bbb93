"""The service alone, for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.ingest.alone import Alone, alone


@pytest.fixture
def andon(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as running:
        yield running
