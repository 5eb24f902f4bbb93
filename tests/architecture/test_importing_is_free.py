"""Importing a module reads no environment, opens no socket and builds no engine."""

import subprocess
import sys

from tests.architecture.source import PRODUCT, ROOT, python_files

PROBE = """
import importlib, os, socket, sys
class Refusing(dict):
    def __getitem__(self, key):
        if str(key).startswith("ANDON"):
            raise AssertionError(f"importing read {key}")
        return super().__getitem__(key)
def refuse(*_args, **_kwargs):
    raise AssertionError("importing opened a socket")
socket.socket.connect = socket.socket.bind = refuse
import sqlalchemy
sqlalchemy.create_engine = refuse
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_every_module_can_be_imported_without_effect() -> None:
    modules = [
        ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for path in python_files(*PRODUCT)
        if "migrations" not in path.parts and path.name != "__main__.py"
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *modules],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
