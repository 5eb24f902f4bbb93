"""From a metric event to an issue and a goal's attainment, through all four services, in one thread."""

import random
from pathlib import Path

import pytest

from tests.support.inspection_plant import batches, expected
from tests.support.platform import one_thread
from tests.support.results import observed


@pytest.mark.parametrize("seed", range(4))
def test_the_whole_agrees_with_the_reference_in_any_order_of_steps(tmp_path: Path, seed: int) -> None:
    days = batches(seed)
    order = random.Random(seed)
    with one_thread(tmp_path) as andon:
        andon.define()
        for batch in days:
            andon.send(batch)
            if order.random() < 0.3:
                andon.settle(order)
        andon.settle(order)
        assert observed(andon.get) == expected(days)


def test_sending_everything_again_changes_nothing(tmp_path: Path) -> None:
    days = batches(5)
    with one_thread(tmp_path) as andon:
        andon.define()
        for batch in days + days:
            andon.send(batch)
        andon.settle()
        assert observed(andon.get) == expected(days)


def test_restarts_change_nothing(tmp_path: Path) -> None:
    days = batches(6)
    with one_thread(tmp_path) as andon:
        andon.define()
        for number, batch in enumerate(days):
            andon.send(batch)
            if number % 20 == 0:
                for stepper in andon.steppers()[: number % 7]:
                    stepper.step(andon.clock.now())
                andon.restart()
        andon.settle()
        assert observed(andon.get) == expected(days)
