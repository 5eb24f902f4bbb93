"""check-config, migrate and token: what an operator does before services run."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import application
from services.cli.operation import known_variables
from services.targets import ALL
from shared.runtime.settings import InvalidSettings

KEY = "a key that is long enough to sign with"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("ANDON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ANDON_DATA_DIR", str(tmp_path))
    return monkeypatch


def andon(*words: str) -> Result:
    return CliRunner().invoke(application, list(words))


def test_every_setting_in_force_is_printed_and_secrets_are_not(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANDON_AUTH_SIGNING_KEY", KEY)
    environment.setenv("ANDON_GOALS_DATABASE_URL", "postgresql+psycopg://goals:pass-word@db/goals")
    printed = andon("check-config").stdout
    assert "ANDON_PORT=8080" in printed
    assert "ANDON_AUTH_SIGNING_KEY=**********" in printed
    assert "ANDON_GOALS_DATABASE_URL=**********" in printed
    assert KEY not in printed
    assert "pass-word" not in printed


def test_every_problem_is_reported_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANDON_PORT", "http")
    environment.setenv("ANDON_LOG", "rabbit")
    environment.setenv("ANDON_AUTH_SIGNING_KEY", "short")
    environment.setenv("ANDON_KAFKA_BOOTSTRAP_SERVER", "a:1")
    environment.setenv("ANDON_ANALYTICS_READINGS_BATCH", "many")
    error = andon("check-config").exception
    assert isinstance(error, InvalidSettings)
    named = {problem.split(":")[0] for problem in error.problems}
    assert named == {
        "ANDON_PORT",
        "ANDON_LOG",
        "ANDON_AUTH_SIGNING_KEY",
        "ANDON_KAFKA_BOOTSTRAP_SERVER",
        "ANDON_ANALYTICS_READINGS_BATCH",
    }
    assert "short" not in str(error)


def test_settings_of_services_that_do_not_run_here_are_known(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ANDON_GOALS_DATABASE_URL", "sqlite:///x.db")
    assert andon("check-config", "ingest").exit_code == 0
    assert {f"ANDON_{name.upper()}_DATABASE_URL" for name in ALL} <= known_variables()


def test_an_unknown_service_is_named_with_those_there_are(environment: pytest.MonkeyPatch) -> None:
    message = str(andon("check-config", "ingets").exception)
    assert "'ingets'" in message
    assert "ingest, analytics, issues, goals" in message


def test_migrating_twice_says_the_same(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = andon("migrate"), andon("migrate")
    assert first.exit_code == second.exit_code == 0
    assert first.stdout == second.stdout
    assert [line.split(":")[0] for line in first.stdout.splitlines()] == list(ALL)
    assert {path.name for path in tmp_path.glob("*.db")} == {f"{name}.db" for name in ALL}


def test_a_token_needs_a_key(environment: pytest.MonkeyPatch) -> None:
    assert "ANDON_AUTH_SIGNING_KEY" in str(andon("token", "Li Wei", "--role", "director").exception)
    environment.setenv("ANDON_AUTH_SIGNING_KEY", KEY)
    assert andon("token", "Li Wei", "--role", "director").stdout.count(".") == 2
