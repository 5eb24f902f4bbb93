"""Analytics against a reference in plain Python: whatever the order of steps, and whenever the rule is defined."""

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.service.analytics.alone import Alone, Inspection, alone
from tests.support.inspection_plant import DEFINITIONS, Episode, WeekValue, batches, expected


def readings(batch: list[dict[str, Any]]) -> list[Inspection]:
    return [
        Inspection(
            event["id"],
            datetime.fromisoformat(event["time"]),
            event["data"]["line"],
            event["data"]["passed"],
            event["data"]["total"],
        )
        for event in batch
        if not event["id"].startswith("wrong")
    ]


def define(analytics: Alone, *kinds: str) -> None:
    for path, body in DEFINITIONS.items():
        if path.startswith(kinds):
            analytics.put(path, body)


def values(analytics: Alone) -> frozenset[WeekValue]:
    return frozenset(
        WeekValue(
            item["subject"]["line"],
            datetime.fromisoformat(item["window"]["start"]),
            item["numerator"],
            item["denominator"],
            item["sample_size"],
            "provisional" if item["status"] == "provisional" else "final",
        )
        for item in analytics.values("first-pass-yield")
    )


def episodes(analytics: Alone) -> frozenset[Episode]:
    return frozenset(
        Episode(
            item["subject"]["line"],
            datetime.fromisoformat(item["raised_window"]["start"]),
            datetime.fromisoformat(item["cleared_window"]["start"]) if item["cleared_window"] else None,
        )
        for item in analytics.anomalies("limit=1000")
    )


def step_at_random(analytics: Alone, order: random.Random) -> None:
    activities = list(analytics.service.activities)
    for activity in order.choices(activities, k=order.randint(0, 12)):
        activity.stepper.step(analytics.clock.now())


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_steps_gives_the_reference(tmp_path: Path, seed: int) -> None:
    days = batches(seed, weeks=5)
    order = random.Random(seed)
    with alone(tmp_path) as analytics:
        define(analytics, "calendars", "indicators", "rules")
        for batch in days:
            analytics.send(readings(batch), settle=False)
            step_at_random(analytics, order)
            if order.random() < 0.05:
                analytics.restart()
        analytics.settle()
        wanted = expected(days)
        assert values(analytics) == wanted.values
        assert episodes(analytics) == wanted.episodes


def test_a_shuffled_history_and_a_rule_that_comes_later_give_the_reference(tmp_path: Path) -> None:
    days = batches(4, weeks=4)
    shuffled = days[:-1]
    random.Random(4).shuffle(shuffled)
    with alone(tmp_path) as analytics:
        define(analytics, "calendars", "indicators")
        for number, batch in enumerate([*shuffled, days[-1]]):
            if number == len(days) // 2:
                define(analytics, "rules")
            analytics.send(readings(batch))
        wanted = expected(days)
        assert values(analytics) == wanted.values
        assert episodes(analytics) == wanted.episodes
