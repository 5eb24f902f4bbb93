"""Limits estimated from few points, many times over: what they do to the chance of a false alarm."""

import numpy as np

from services.analytics.domain.spc.arguments import Floats
from services.analytics.domain.spc.distributions import normal_cdfs
from services.analytics.domain.spc.samples import Individuals
from services.analytics.domain.spc.variable_charts import xmr_baseline

SERIES = 20_000


def false_alarm_rates(points: int, *, multiple: float = 3.0) -> Floats:
    """Chance that a later in-control point lies beyond limits that `points` in-control points have set, per series."""
    draws = np.random.default_rng(points).standard_normal((SERIES, points))
    baselines = [xmr_baseline(Individuals.of(series)) for series in draws]
    centre = np.array([baseline.centre for baseline in baselines])
    reach = multiple * np.array([baseline.sigma for baseline in baselines])
    return normal_cdfs(-centre - reach) + normal_cdfs(centre - reach)
