"""The plan: drawn by a seed, with every step of the table at least once."""

import pytest

from crash.campaign import fault_strikes
from crash.plan import SERVICES_OF_STEP, steps_on, strikes
from shared.runtime.failpoints import STEPS

ON_KAFKA = {
    "ingest": ["ingest"],
    "analytics": ["analytics"],
    "analytics-2": ["analytics"],
    "issues": ["issues"],
    "goals": ["goals"],
}
IN_ONE = {"andon": list(ON_KAFKA)}


def test_every_step_is_struck_on_one_of_the_logs() -> None:
    assert set(SERVICES_OF_STEP) == set(STEPS)
    assert {*steps_on("embedded"), *steps_on("kafka")} == set(STEPS)


@pytest.mark.parametrize(("log", "processes"), [("embedded", IN_ONE), ("kafka", ON_KAFKA)])
@pytest.mark.parametrize("seed", range(5))
def test_a_full_run_strikes_at_each_step_and_at_other_moments(
    log: str, processes: dict[str, list[str]], seed: int
) -> None:
    plan = strikes(seed, kills=100, steps=steps_on(log), processes=processes, faults=fault_strikes(log, seed, 2))
    assert {strike.step for strike in plan if strike.kind == "step"} == set(steps_on(log))
    assert sum(1 for strike in plan if strike.kind in ("step", "moment")) == 100
    assert sum(1 for strike in plan if strike.kind == "moment") > 50
    for strike in plan:
        served = processes.get(strike.victim, [])
        assert strike.kind != "step" or strike.victim == "andon" or set(served) & set(SERVICES_OF_STEP[strike.step])


def test_the_same_seed_makes_the_same_plan() -> None:
    def plan(seed: int) -> list[str]:
        drawn = strikes(
            seed, kills=40, steps=steps_on("kafka"), processes=ON_KAFKA, faults=fault_strikes("kafka", seed, 1)
        )
        return [str(strike) for strike in drawn]

    assert plan(7) == plan(7)
    assert plan(7) != plan(8)
