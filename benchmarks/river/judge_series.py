"""River's detectors on series: reads them as JSON from one file, writes each detector's scores and CPU seconds into another.

Runs in an environment of its own. Each detector is used as its documentation shows: score a point, then learn it.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from river import anomaly, compose, linear_model, optim, preprocessing, time_series

Scorer = Callable[[float, float], float]
"""From hour of the day and value to a score."""


def gaussian() -> Scorer:
    """A running normal distribution: the cheapest."""
    return _of_values(anomaly.GaussianScorer())


def half_space_trees() -> Scorer:
    """Random trees over the scaled hour and value."""
    model = compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=1))

    def judge(hour: float, value: float) -> float:
        features = {"hour": hour, "value": value}
        score: float = model.score_one(features)
        model.learn_one(features)
        return score

    return judge


def snarimax() -> Scorer:
    """The error of a seasonal forecast, with a season of a day of hours."""
    regressor = compose.Pipeline(
        preprocessing.StandardScaler(), linear_model.LinearRegression(optimizer=optim.SGD(0.005))
    )
    forecast = time_series.SNARIMAX(p=12, d=1, q=12, m=24, sd=1, regressor=regressor)
    return _of_values(anomaly.PredictiveAnomalyDetection(forecast, horizon=1, n_std=3.5, warmup_period=100))


def _of_values(model: Any) -> Scorer:
    def judge(_hour: float, value: float) -> float:
        score: float = model.score_one(None, value)
        model.learn_one(None, value)
        return score

    return judge


DETECTORS: dict[str, Callable[[], Scorer]] = {
    "GaussianScorer": gaussian,
    "HalfSpaceTrees": half_space_trees,
    "SNARIMAX": snarimax,
}


def main(given: Path, wanted: Path) -> None:
    series = json.loads(given.read_text())
    found = {}
    for name, detector in DETECTORS.items():
        seconds, scores = 0.0, []
        for points in series:
            judge, began = detector(), time.process_time()
            scores.append([judge(hour, value) for hour, value in points])
            seconds += time.process_time() - began
        found[name] = {"seconds": seconds, "scores": scores}
    wanted.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
