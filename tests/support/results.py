"""What Andon says of the made-up plant, read through its HTTP interface, in the form of the reference."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from tests.support.inspection_plant import Episode, Expected, WeekValue


class Answer(Protocol):
    @property
    def status_code(self) -> int: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...


Get = Callable[[str], Answer]
"""GET a path of the interface, whichever process serves it."""


def everything(get: Get, path: str) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = get(f"{path}{'&' if '?' in path else '?'}limit=200" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items.extend(page["items"])
        cursor = page["next"]
        if cursor is None:
            return items


def observed(get: Get) -> Expected:
    """Values, anomalies and issues as they now stand; a restated value counts as final, it is final too."""
    values = frozenset(
        WeekValue(
            item["subject"]["line"],
            datetime.fromisoformat(item["window"]["start"]),
            item["numerator"],
            item["denominator"],
            item["sample_size"],
            "provisional" if item["status"] == "provisional" else "final",
        )
        for item in everything(get, "/v1/indicators/first-pass-yield/values")
    )
    anomalies = [item for item in everything(get, "/v1/anomalies") if item["state"] != "withdrawn"]
    issues = everything(get, "/v1/issues")
    assert len({item["subject"]["line"] for item in issues}) == len(issues), "two open issues of one line"
    return Expected(
        values,
        frozenset(_episode(item) for item in anomalies),
        {item["subject"]["line"]: item["occurrences"] for item in issues},
    )


def _episode(anomaly: dict[str, Any]) -> Episode:
    """The window that completed the run raised it; `raised_at` and `cleared_at` are the wall clock's and not compared."""
    weeks = sorted(datetime.fromisoformat(value["window"]["start"]) for value in anomaly["values"])
    cleared = anomaly["cleared_window"]
    return Episode(
        anomaly["subject"]["line"],
        weeks[1],
        datetime.fromisoformat(cleared["start"]) if cleared else None,
    )


def wait_for(get: Get, wanted: Expected, within_seconds: float) -> None:
    """Poll until the interface shows what is wanted; fails with the difference after the time given."""
    deadline = time.monotonic() + within_seconds
    while (seen := observed(get)) != wanted:
        if time.monotonic() > deadline:
            assert seen.values == wanted.values
            assert seen.episodes == wanted.episodes
            assert seen.issues == wanted.issues
        time.sleep(0.2)
