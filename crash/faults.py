"""What befalls not a process of Andon but what it stands on: the broker, the database, the disk, the processor's time.

Each returns (note, failure): what was seen, and what should have been seen and was not.
"""

import resource
import time
from collections.abc import Callable
from typing import Protocol

import httpx

from crash.installations import Site
from crash.plan import Strike
from crash.sender import Sender

Outcome = tuple[str, str]

_FULL_BYTES = 32 * 1024
"""No file may grow beyond this while the disk is full; every file of an installation at work is larger."""
_NOTICED_WITHIN_SECONDS = 60.0
_REFUSED_WRITE = "position_moved"


class Room(Protocol):
    """Takes the room on a disk away, and gives it back."""

    def fill(self) -> None: ...
    def make_room(self) -> None: ...


class FileSizeLimit:
    """A limit that the kernel puts on the files of one process (RLIMIT_FSIZE): writes beyond it fail, as on a full disk.

    It needs no rights, and can be put on a process that runs and lifted again.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = resource.prlimit(pid, resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (_FULL_BYTES, self._before[1]))

    def make_room(self) -> None:
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, self._before)


def full_disk(site: Site, sender: Sender) -> Outcome:
    """The disk of an embedded installation is full for a while: 503 and unready, and well again when there is room."""
    process = site.processes["andon"]
    site.wait_until_ready()
    refused = sender.statuses[503]
    room = FileSizeLimit(process.pid)
    room.fill()
    try:
        told = _within(lambda: sender.statuses[503] > refused)
        unready = _within(lambda: _status(f"{process.url}/readyz") == 503)
    finally:
        room.make_room()
    if not told:
        return "", "a full disk was not answered with 503"
    if not unready:
        return "", "/readyz said yes on a full disk"
    if not _within(lambda: _status(f"{process.url}/readyz") == 200):
        return "", "/readyz did not say yes again when there was room"
    return f"{sender.statuses[503] - refused} refused", ""


def broker_away(site: Site, seconds: float) -> Outcome:
    """The broker is killed, and started again after a while."""
    assert site.broker is not None
    site.broker.kill()
    time.sleep(seconds)
    site.broker.start()
    return f"away {seconds:.1f} s", ""


def database_away(site: Site, seconds: float) -> Outcome:
    """The database server of all services is killed, and started again after a while."""
    assert site.database is not None
    site.database.kill()
    time.sleep(seconds)
    site.database.start()
    return f"away {seconds:.1f} s", ""


def paused(site: Site, victim: str, seconds: float) -> Outcome:
    """A process stands still at any moment, for longer than Kafka waits for it."""
    process = site.processes[victim]
    site.wait_until_ready()
    process.pause()
    time.sleep(seconds)
    process.go_on()
    return f"stood still for {seconds:.1f} s", ""


def paused_at_step(site: Site, strike: Strike) -> Outcome:
    """A process stands still between reading and writing; when it wakes, its partitions are another's and its write is refused."""
    process = site.processes[strike.victim]
    site.wait_until_ready()
    process.kill()
    site.start(strike.victim, f"{strike.step}:{strike.passing}:stop")
    if not _within(lambda: _state(process.pid) == "T"):
        return "", f"{strike.victim} did not come to {strike.step}"
    time.sleep(strike.seconds)
    refused = site.log_text(strike.victim).count(_REFUSED_WRITE)
    process.go_on()
    if not _within(lambda: site.log_text(strike.victim).count(_REFUSED_WRITE) > refused):
        return "", f"no write of {strike.victim} was refused after it woke at {strike.step}"
    return f"woke after {strike.seconds:.1f} s, its write was refused", ""


def _state(pid: int) -> str:
    """The kernel's letter for what a process does: `T` is stopped."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - no file, the kernel's own
        return file.read().rpartition(")")[2].split()[0]


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.TransportError:
        return 0


def _within(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _NOTICED_WITHIN_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
