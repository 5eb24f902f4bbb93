"""What the benchmark of rules measures is what it says."""

import numpy as np

from benchmarks.rules.charted_values import CHARTED, plain_numpy
from benchmarks.rules.judged_values import CASES, cost
from benchmarks.rules.kept_memories import RULES, measure
from services.analytics.domain.rule_form import KINDS


def test_each_kind_is_measured_and_what_remembers_is_measured_one_by_one() -> None:
    assert {case.rule.condition.kind for case in CASES} >= KINDS.keys() - {"missing_data"}
    for case in CASES:
        found = cost(case, 120)
        assert found.at_once > 0
        assert (found.one_by_one is None) == (found.kept_bytes is None) == (not case.rule.remembers)


def test_the_baseline_and_the_core_flag_the_same_points() -> None:
    values = np.random.default_rng(1).normal(size=20_000)
    flagged = np.asarray(plain_numpy(values)).tolist()
    signals = CHARTED["SPC core, rule 1"](values)
    assert isinstance(signals, tuple)
    assert [signal.at for signal in signals] == flagged


def test_memories_of_some_series() -> None:
    assert set(RULES) <= {case.name for case in CASES}
    found = measure(20)
    assert found.file_bytes > 20 * len(RULES) * 3 * 190
