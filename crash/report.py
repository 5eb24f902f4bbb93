"""A run as text and as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crash.campaign import Struck
from crash.run import Report

_MOST_SENTENCES = 40


def progress_line(number: int, of: int, struck: Struck) -> str:
    outcome = f"FAILED: {struck.failed}" if struck.failed else struck.note
    return f"{number:>3}/{of} {struck.strike}{': ' if outcome else ''}{outcome}\n"


def text_of(report: Report) -> str:
    """A table of what was done and what came of it, then every difference."""
    difference = report.difference
    rows = [
        ("kills (SIGKILL)", report.kills),
        ("steps struck", len({one.strike.step for one in report.struck if one.strike.kind == "step"})),
        ("faults", _faults(report)),
        ("batches acknowledged", report.batches),
        ("events accepted, by identity", report.accepted),
        ("released from quarantine", report.released),
        ("answers by status (0: broken)", ", ".join(f"{k}: {v}" for k, v in sorted(report.statuses.items()))),
        ("KPI values", len(report.result.values)),
        ("anomalies", report.result.episodes.total()),
        ("issues", len(report.result.issues)),
        ("readings lost", difference.lost),
        ("readings doubled", difference.doubled),
        ("differences in all", len(difference.sentences)),
        ("seconds", round(report.seconds)),
    ]
    lines = [f"{report.log}, seed {report.seed}: {'equal to the reference' if report.is_good else 'NOT as it must be'}"]
    lines += [f"  {name:<32}{value}" for name, value in rows]
    lines += [f"  ! {sentence}" for sentence in [*report.failures, *difference.sentences[:_MOST_SENTENCES]]]
    return "\n".join(lines) + "\n"


def write_json(path: Path, reports: Sequence[Report]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([_as_json(report) for report in reports], indent=2) + "\n", encoding="utf-8")


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "log": report.log,
        "seed": report.seed,
        "kills": report.kills,
        "strikes": [str(one.strike) for one in report.struck],
        "failures": report.failures,
        "batches": report.batches,
        "accepted": report.accepted,
        "values": len(report.result.values),
        "anomalies": report.result.episodes.total(),
        "issues": len(report.result.issues),
        "lost": report.difference.lost,
        "doubled": report.difference.doubled,
        "differences": list(report.difference.sentences),
        "seconds": round(report.seconds, 1),
    }


def _faults(report: Report) -> str:
    kinds = Counter(one.strike.kind for one in report.struck if one.strike.kind not in ("moment", "step"))
    return ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items())) or "none"
