"""CPU time and memory of processes, as the kernel counts them in /proc."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one or more processes, threads and living descendants included, since they started."""

    cpu_seconds: float
    peak_memory_bytes: int

    def since(self, earlier: "Usage") -> "Usage":
        """CPU time from then to now; memory has no difference, its peak stays."""
        return Usage(self.cpu_seconds - earlier.cpu_seconds, self.peak_memory_bytes)


def usage(processes: Iterable[int]) -> Usage:
    """What these processes and their descendants have used so far. Raises FileNotFoundError when one has ended."""
    every = [member for process in processes for member in (process, *_descendants(process))]
    return Usage(sum(map(_cpu_seconds, every)), sum(map(_peak_memory, every)))


def _descendants(process: int) -> list[int]:
    children = [
        int(child)
        for task in (_PROC / str(process) / "task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [one for child in children for one in (child, *_descendants(child))]


def _cpu_seconds(process: int) -> float:
    after_name = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    user, system = int(after_name[11]), int(after_name[12])
    return (user + system) / _TICKS_PER_SECOND


def _peak_memory(process: int) -> int:
    for line in (_PROC / str(process) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
