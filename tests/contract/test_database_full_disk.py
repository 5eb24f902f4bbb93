"""A database on a full disk can still be read: that it takes nothing shows all the same, until there is room again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.processes
def test_a_full_disk_shows_until_there_is_room_again(tmp_path: Path) -> None:
    """The kernel's limit on the size of files makes writes fail as a full disk does; for a process of its own, to spare ours."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(tmp_path / "things.db")],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=True,
    )
    assert done.stdout.split() == ["takes", "refused", "full", "full", "read", "takes", "2"]


_ON_A_FULL_DISK = """
import resource, sys
from shared.database.engine import Database, DatabaseUnavailable

database = Database(f"sqlite:///{sys.argv[1]}")


def said():
    try:
        database.check()
    except DatabaseUnavailable:
        return "full"
    return "takes"


def insert():
    with database.writing() as connection:
        connection.raw.exec_driver_sql("INSERT INTO things VALUES (randomblob(100000))")


with database.writing() as connection:
    connection.raw.exec_driver_sql("CREATE TABLE things (value BLOB)")
insert()
print(said())
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
try:
    insert()
except DatabaseUnavailable:
    print("refused")
print(said())
print(said())
with database.reading() as connection:
    print("read")
resource.setrlimit(resource.RLIMIT_FSIZE, before)
print(said())
insert()
with database.writing() as connection:
    print(connection.raw.exec_driver_sql("SELECT count(*) FROM things").scalar_one())
"""
