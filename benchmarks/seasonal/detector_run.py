"""The detector over series, with the configuration that ships."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.seasonal.labelled_series import Series
from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.detector import judge
from services.analytics.domain.seasonal.judgement import Judgement
from services.analytics.domain.seasonal.point import Observation
from services.analytics.domain.seasonal.state import SeasonalState

SHIPPED = Seasonal()
SURPRISING_SCORE = SHIPPED.surprising_from / SHIPPED.largest_rarity
"""The score from which a point is surprising: the one threshold."""
_MICROSECONDS = 1e6


def judgements(points: Sequence[Observation]) -> list[Judgement]:
    """One for each point, each by the points before it."""
    state = SeasonalState()
    return [judge(state, point, SHIPPED) for point in points]


def scores(points: Sequence[Observation]) -> list[float]:
    return [judgement.score for judgement in judgements(points)]


def microseconds(series: Sequence[Series], repeats: int = 3) -> float:
    """CPU time of this process for judging a point: the median of `repeats` runs over all series."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        for one in series:
            judgements(one.points)
        seconds.append(time.process_time() - began)
    return median(seconds) / sum(len(one.points) for one in series) * _MICROSECONDS


def state_bytes(series: Series) -> int:
    """What is remembered at the end of a series."""
    state = SeasonalState()
    for point in series.points:
        judge(state, point, SHIPPED)
    return len(state.packed())


def write_scores(folder: Path, series: Series, found: Sequence[float]) -> None:
    """As the benchmark's own scorer reads them: `<group>/<name>` with timestamp and anomaly_score."""
    file = folder / series.group / series.name
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{stamp},{score!r}\n" for stamp, score in zip(series.stamps, found, strict=True)]
    file.write_text("".join(["timestamp,anomaly_score\n", *rows]), encoding="utf-8")
