"""Workers of a run of many seeds end with it, however it ends."""

import os
import signal
import subprocess
import sys

import pytest

_RUN = """
import multiprocessing, os, signal, time
from concurrent.futures import ProcessPoolExecutor
from simulation.runner import begin_worker

with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=begin_worker) as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    pool.submit(time.sleep, 600)
    signal.pause()
"""


@pytest.mark.processes
def test_a_worker_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _RUN], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
        try:
            parent.communicate(timeout=30)  # ends only once the worker, which has the same output, is gone
        except subprocess.TimeoutExpired:
            os.kill(worker, signal.SIGKILL)
            pytest.fail("the worker was still there 30 s after its parent was killed")
