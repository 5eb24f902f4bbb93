"""The engine of frames has one thread in a process of Andon, unless the environment says otherwise."""

import os
import subprocess
import sys

import pytest

from shared.process.frame_engine import ONE_THREAD

(NAME,) = ONE_THREAD


@pytest.mark.parametrize(("said", "threads"), [({}, "1"), ({NAME: "3"}, "3")])
def test_the_process_has_one_thread_for_frames(said: dict[str, str], threads: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != NAME}
    asked = "import services.__main__, polars; print(polars.thread_pool_size())"
    done = subprocess.run(
        [sys.executable, "-c", asked], env=environment | said, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == threads
