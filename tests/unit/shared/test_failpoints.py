"""Fail-points: off they do nothing; armed they end or pause the process at the passing that was named."""

import os
import signal
import subprocess
import sys

import pytest

from shared.runtime import failpoints
from shared.runtime.failpoints import STEPS, UnknownStep, arm, fail_point, parse
from shared.runtime.settings import InvalidSettings, ProcessSettings

PASSES = """
import sys
from shared.runtime.failpoints import arm, fail_point
arm(sys.argv[1])
for number in range(1, 4):
    fail_point("fold-written")
    print(number, flush=True)
"""


def test_nothing_happens_at_a_step_that_is_not_armed() -> None:
    arm("fold-written:1000")
    try:
        fail_point("fold-polled")
        fail_point("fold-written")
    finally:
        arm("")
    assert failpoints._switchboard is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fold", "no step to fail at"),
        ("fold-written:0", "cannot be read"),
        ("fold-written:x", "cannot be read"),
        ("fold-written:1:resume", "cannot be read"),
    ],
)
def test_what_cannot_be_armed_is_refused_with_the_remedy(text: str, told: str) -> None:
    with pytest.raises(UnknownStep, match=told):
        parse(text)


def test_a_misspelt_step_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDON_FAIL_POINTS", "fold-writen")
    with pytest.raises(InvalidSettings, match=r"ANDON_FAIL_POINTS: .*fold-written"):
        ProcessSettings.read()


def test_several_steps_can_be_armed_together() -> None:
    armed = parse("fold-written:3, evaluate-written ,outbox-numbered:2:stop")
    assert {name: (one.at, one.signal) for name, one in armed.items()} == {
        "fold-written": (3, signal.SIGKILL),
        "evaluate-written": (1, signal.SIGKILL),
        "outbox-numbered": (2, signal.SIGSTOP),
    }


def test_every_step_says_what_a_crash_leaves_behind() -> None:
    assert all(len(meaning.split()) >= 4 for meaning in STEPS.values())


@pytest.mark.processes
def test_the_process_is_killed_at_the_passing_that_was_named() -> None:
    done = subprocess.run([sys.executable, "-c", PASSES, "fold-written:3"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"1\n2\n")


@pytest.mark.processes
def test_the_process_is_paused_until_somebody_lets_it_go_on() -> None:
    command = [sys.executable, "-c", PASSES, "fold-written:2:stop"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        output, _ = process.communicate()
    assert output == b"1\n2\n3\n"
