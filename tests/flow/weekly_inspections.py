"""Inspections of one line, and what their source says of them later, as metric events."""

from datetime import datetime, timedelta
from typing import Any

MONDAY = datetime.fromisoformat("2026-09-07T08:00:00+00:00")


def inspection(number: int, week: int, passed: int) -> dict[str, Any]:
    """A hundred pieces on line A, in a week counted from MONDAY."""
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "mes-7",
        "type": "inspection.completed",
        "time": (MONDAY + timedelta(weeks=week)).isoformat(),
        "data": {"line": "A", "product": "P1", "total": 100, "passed": passed},
    }


def revision(kind: str, number: int, event: dict[str, Any] | None = None, *, later: int = 0) -> dict[str, Any]:
    """A `correction` to another event, or a `retraction`; the one with the largest `later` holds."""
    data = {"id": f"e{number}", "reason": "the scale was wrong"} | ({} if event is None else {"event": event})
    at = (MONDAY + timedelta(weeks=8, hours=later)).isoformat()
    return {
        "specversion": "1.0",
        "id": f"r{number}-{later}",
        "source": "mes-7",
        "type": f"andon.{kind}",
        "time": at,
        "data": data,
    }
