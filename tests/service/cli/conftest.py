"""One Andon for all tests of a module: the four services on the embedded log, and a way to call its commands."""

import os
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import application
from services.cli.process import running
from shared.runtime.settings import ProcessSettings

Andon = Callable[..., Result]


@pytest.fixture(scope="module", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("ANDON_")]:
            environment.delenv(name)
        yield


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = ProcessSettings(data_dir=tmp_path_factory.mktemp("cli")).model_copy(update={"port": 0})
    with running(settings, []) as andon:
        yield f"http://127.0.0.1:{andon.port}"


@pytest.fixture
def andon(url: str, monkeypatch: pytest.MonkeyPatch) -> Andon:
    """Calls a command with these words, as a person would who has set ANDON_URL."""
    monkeypatch.setenv("ANDON_URL", url)

    def call(*words: str) -> Result:
        return CliRunner().invoke(application, list(words))

    return call
