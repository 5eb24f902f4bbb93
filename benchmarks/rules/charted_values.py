"""The SPC core beside plain numpy: limits from the first points, and which of a million points lie beyond them."""

import time
from collections.abc import Callable, Mapping
from statistics import median

import numpy as np

from services.analytics.domain.spc.arguments import Floats
from services.analytics.domain.spc.judging import RuleSet, judge_panel
from services.analytics.domain.spc.phases import Phase, draw_phases
from services.analytics.domain.spc.rule_catalogue import nelson
from services.analytics.domain.spc.samples import Individuals
from services.analytics.domain.spc.variable_charts import xmr_baseline

_REPEATS = 3
_NANOSECONDS = 1e9
_BASELINE = 24
_D2 = 1.1283791670955126


def plain_numpy(values: Floats) -> object:
    """What a short script would do: the mean moving range of the baseline, and a comparison; one rule, and no slack."""
    baseline = values[:_BASELINE]
    sigma = np.abs(np.diff(baseline)).mean() / _D2
    return np.flatnonzero(np.abs(values - baseline.mean()) > 3 * sigma)


def _drawn(values: Floats, rules: RuleSet) -> object:
    [phase] = draw_phases(Individuals.of(values), [Phase(baseline_points=_BASELINE)], estimate=xmr_baseline)
    return judge_panel(rules, phase.panels[0])


CHARTED: Mapping[str, Callable[[Floats], object]] = {
    "plain numpy, beyond 3 sigma": plain_numpy,
    "SPC core, rule 1": lambda values: _drawn(values, nelson((1,))),
    "SPC core, rules 1, 2, 5 and 6": lambda values: _drawn(values, nelson()),
}


def nanoseconds(work: Callable[[Floats], object], count: int) -> float:
    """CPU time for a point of a chart of so many."""
    values = np.random.default_rng(1).normal(size=count)
    found = []
    for _ in range(_REPEATS):
        began = time.process_time()
        work(values)
        found.append(time.process_time() - began)
    return median(found) / count * _NANOSECONDS
