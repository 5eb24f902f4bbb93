"""Results as JSON: one file per size, in which a run replaces the parts it has measured."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.broker import WORK
from benchmarks.measurement import Failure, Measurement
from benchmarks.targets import Judged
from tests.support.kafka_server import REPOSITORY

_COMMITTED = REPOSITORY / "benchmarks" / "results"


@dataclass(frozen=True, slots=True)
class ResultStore:
    """The file of one size. Only full runs lie where they are committed."""

    size: str

    @property
    def path(self) -> Path:
        folder = _COMMITTED if self.size == "full" else WORK / "results"
        return folder / f"{self.size}.json"

    def keep(self, part: str, measurements: Sequence[Measurement], failures: Sequence[Failure]) -> None:
        """Write the measurements of a part over those of earlier runs."""
        document = self.read()
        document["machine"] = machine()
        document["parts"][part] = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "load_average": round(os.getloadavg()[1], 2),
            "measurements": [one.as_json() for one in measurements],
            "failures": [asdict(failure) for failure in failures],
        }
        self._write(document)

    def keep_targets(self, targets: Sequence[Judged]) -> None:
        """Write which targets are reached, over what was written before."""
        document = self.read()
        document["targets"] = [asdict(one) for one in targets]
        self._write(document)

    def measurements(self) -> list[Measurement]:
        """Of all parts, each as it was measured last."""
        stored = [one for part in self.read()["parts"].values() for one in part["measurements"]]
        return [Measurement.from_json(one) for one in stored]

    def _write(self, document: Mapping[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def read(self) -> dict[str, Any]:
        """The whole document; one without any part when nothing was measured yet."""
        if not self.path.exists():
            return {"parts": {}}
        document: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return document


def machine() -> dict[str, str]:
    """What the figures were obtained on."""
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{memory:.0f} GiB",
        "system": platform.platform(),
        "python": platform.python_version(),
        "java": java[0] if java else "none",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
