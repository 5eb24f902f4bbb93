"""200 seeds of the simulation in CI; `make simulate` runs 10,000. What a failing seed has shown stays as a test of its own."""

import pytest

from simulation.verdict import run_seed
from simulation.world import Plant

SEEDS = 200
AT_ONCE = 5


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_every_seed_ends_as_the_reference_says(plant: Plant, first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        wrong = run_seed(plant, seed).wrong
        assert not wrong, f"replay it with: python -m simulation --seed {seed}\n" + "\n".join(wrong)


@pytest.mark.parametrize("seed", [5, 28])
def test_a_seed_repeats_itself_line_by_line(plant: Plant, seed: int) -> None:
    first = run_seed(plant, seed)
    run_seed(plant, seed + 1)
    again = run_seed(plant, seed)
    assert first.faults > 0
    assert again.trace.lines == first.trace.lines
