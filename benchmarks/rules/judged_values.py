"""Microseconds to judge a value by each kind of rule: a long series at once, and one window after the other from what is kept."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.analytics.domain.checkpoint import Checkpoint, Recorder
from services.analytics.domain.condition_with_memory import ConditionWithMemory
from services.analytics.domain.episode import Start, episodes
from services.analytics.domain.finding import Scene
from services.analytics.domain.indicator import Formula, Indicator, TumblingWindow
from services.analytics.domain.kpi_value import KpiValue, SeriesKey
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_form import read_rule
from shared.calendars.calendar import DEFAULT_CALENDAR
from shared.calendars.windows import Window

_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_KEY = SeriesKey(b"one series of 16", "calls", 1, "{}", 0)
_MICROSECONDS = 1e6
_REPEATS = 5

MEAN, SHARE, COUNT = (
    Formula("mean", measure="minutes"),
    Formula("ratio", numerator="late", denominator="all"),
    Formula("count"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A rule, and values for it: single ones, shares of 500, or counts of about 3."""

    name: str
    fields: Mapping[str, Any]
    formula: Formula = MEAN

    @property
    def rule(self) -> Rule:
        return read_rule("judging", 1, {"indicator": "calls", **self.fields})

    @property
    def scene(self) -> Scene:
        title = {"en": "Calls"}
        window = TumblingWindow("hour")
        indicator = Indicator("calls", 1, title, "calls", self.formula, (), window, "default", "lower_is_better")
        return Scene(indicator, DEFAULT_CALENDAR)

    def values(self, count: int) -> list[KpiValue]:
        noise = random.Random(1)
        return [self._value(number, noise) for number in range(count)]

    def _value(self, number: int, noise: random.Random) -> KpiValue:
        start = _BEGIN + number * _HOUR
        denominator: float | None = None
        if self.formula is MEAN:
            figure, numerator = 100 + 20 * math.sin(math.tau * number / 24) * self._has_season + noise.gauss(0, 3), None
        else:
            size = 500.0 if self.formula is SHARE else 1.0
            numerator = float(
                sum(noise.random() < 0.2 for _ in range(500)) if self.formula is SHARE else noise.randrange(7)
            )
            figure, denominator = numerator / size, size if self.formula is SHARE else None
        window = Window(start, start + _HOUR)
        return KpiValue(_KEY, window, figure, numerator, denominator, 1, "judged", "final", 1)

    @property
    def _has_season(self) -> bool:
        return bool(self.fields["kind"] == "seasonal")


CASES: Sequence[Case] = (
    Case("target", {"kind": "target", "comparator": "<=", "target": 1000}),
    Case("change_from_previous", {"kind": "change_from_previous", "more_than": 50}),
    Case("control_chart, single values", {"kind": "control_chart"}),
    Case(
        "control_chart, all of Nelson's",
        {"kind": "control_chart", "run_rules": [f"N{number}" for number in range(1, 9)]},
    ),
    Case("control_chart, shares", {"kind": "control_chart"}, SHARE),
    Case("control_chart, small counts", {"kind": "control_chart", "chart": "c-exact"}, COUNT),
    Case("ewma", {"kind": "ewma"}),
    Case("cusum", {"kind": "cusum"}),
    Case("seasonal", {"kind": "seasonal"}),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one kind: microseconds of CPU for a value, and bytes remembered of a series; None for kinds that remember nothing.

    Attributes:
        at_once: of a long series, judged from the beginning.
        one_by_one: of one window from what is kept, what is kept anew included; the database left out.
    """

    name: str
    at_once: float
    one_by_one: float | None
    kept_bytes: int | None


def cost(case: Case, count: int) -> Cost:
    values, rule, scene = case.values(count), case.rule, case.scene
    at_once = _timed(lambda: episodes(rule, values, scene=scene)) / count
    if not isinstance(rule.condition, ConditionWithMemory):
        return Cost(case.name, at_once, None, None)
    begun = _newest(Recorder(rule, _KEY.series, None), values[: count // 2], scene)
    ahead = values[count // 2 :]

    def one_by_one() -> None:
        checkpoint = begun
        for value in ahead:
            recorder = Recorder(rule, _KEY.series, checkpoint)
            episodes(rule, [value], Start(value.window.start), scene=scene, find=recorder.findings)
            checkpoint = recorder.recorded[0]

    return Cost(case.name, at_once, _timed(one_by_one) / len(ahead), len(begun.memory))


def _newest(recorder: Recorder, values: Sequence[KpiValue], scene: Scene) -> Checkpoint:
    for _ in recorder.findings(values, scene):
        pass
    return recorder.recorded[-1]


def _timed(work: Callable[[], object]) -> float:
    """Microseconds of CPU; the least of some runs, as other work beside them only adds."""
    found = []
    for _ in range(_REPEATS):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found) * _MICROSECONDS
