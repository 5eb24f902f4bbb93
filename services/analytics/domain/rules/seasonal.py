"""`seasonal`: windows that depart from what is usual at their hour of the day and of the week; for hourly and finer indicators."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import log10
from typing import Any, ClassVar

from services.analytics.domain.condition_with_memory import ConditionWithMemory
from services.analytics.domain.finding import Deviation, Finding, Language, Memory, Reports, Scene, Show, Yardstick
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rules.baseline_form import read_reports
from services.analytics.domain.rules.number_form import a_number_between
from services.analytics.domain.seasonal.configuration import Seasonal
from services.analytics.domain.seasonal.detector import judge
from services.analytics.domain.seasonal.judgement import REFUSED, Judgement, Reason
from services.analytics.domain.seasonal.point import Observation, observed_at
from services.analytics.domain.seasonal.state import SeasonalState
from shared.calendars.calendar import WEEKDAYS
from shared.runtime.form import Form

_HOUR = timedelta(hours=1)
_SUNDAY = 6
_WORKED_INSTEAD = {5: 4, 6: 0}
"""Weekday → the weekday that it is as, when it is worked by way of exception."""

_NOT_JUDGED = REFUSED | {Reason.LEARNING, Reason.SAME_EPISODE}
"""A further surprise within an episode that is no rarer is no news: it raises no other anomaly, and clears none."""

_HEADLINE: Mapping[Language, Mapping[Deviation, str]] = {
    "en": {"below": "was unusually low", "above": "was unusually high"},
    "zh": {"below": "异常偏低", "above": "异常偏高"},
}


@dataclass(frozen=True, slots=True)
class SeasonalRule(ConditionWithMemory):
    """A window as rare as once in so many, by what came before it; the settings are those that ship (decision 9).

    Attributes:
        once_in: windows.
    """

    kind: ClassVar[str] = "seasonal"
    memory_form: ClassVar[int] = 3

    once_in: float = 1000.0
    reports: Reports = "both"

    def remember(self, scene: Scene, kept: bytes | None) -> Memory:
        state = SeasonalState() if kept is None else SeasonalState.unpacked(kept)
        return _Season(state, _surprising(self.once_in), scene, reports=self.reports)

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        del show
        return _HEADLINE[language][side]

    def basis(self, language: Language, show: Show) -> str:
        del show
        if language == "en":
            return f"rarer than once in {self.once_in:g} windows at its hour"
        return f"同一时段罕见程度超过每 {self.once_in:g} 个窗口一次"

    def body(self) -> Mapping[str, Any]:
        return {"once_in": self.once_in, "reports": self.reports}


SEASONAL_FIELDS = ("once_in", "reports")


def read_seasonal(form: Form) -> SeasonalRule:
    """The fields of its own; what is wrong is reported to the form."""
    return SeasonalRule(form.read("once_in", a_number_between(10, 1_000_000), 1000.0), read_reports(form))


def has_hours(indicator: Indicator) -> bool:
    """Whether its windows tell hours of the day apart."""
    cut = indicator.window.cut
    return cut == "hour" or isinstance(cut, timedelta)


@lru_cache(maxsize=64)
def _surprising(once_in: float) -> Seasonal:
    """The settings that ship, with this threshold."""
    return Seasonal(surprising_from=log10(once_in))


class _Season:
    """`Memory`: the detector's state, and how many values it was shown."""

    def __init__(self, state: SeasonalState, seasonal: Seasonal, scene: Scene, *, reports: Reports) -> None:
        self._state = state
        self._seasonal = seasonal
        self._calendar = scene.calendar
        cut = scene.indicator.window.cut
        self._step = cut if isinstance(cut, timedelta) else _HOUR
        self._only = scene.worse if reports == "worse" else None

    def findings(self, values: Sequence[KpiValue]) -> Iterator[Finding | None]:
        return map(self._see, values)

    def kept(self) -> bytes | None:
        return self._state.packed()

    def _see(self, value: KpiValue) -> Finding | None:
        if not value.is_judged or value.value is None:
            return None
        judged = judge(self._state, self._observed(value.window.end - self._step, value.value), self._seasonal)
        if judged.expected is None or judged.reason in _NOT_JUDGED:
            return None
        side: Deviation | None = None
        if judged.surprising:
            side = "above" if judged.departure > 0 else "below"
        if side is not None and self._only not in (None, side):
            side = None
        return self._found(value.value, side, judged)

    def _observed(self, newest_step: datetime, value: float) -> Observation:
        """A holiday is as a Sunday; a Saturday that is worked by way of exception as a Friday, such a Sunday as a Monday."""
        local = newest_step.astimezone(self._calendar.zone)
        day = local.date()
        weekday = _SUNDAY if day in self._calendar.holidays else None
        if day in self._calendar.working_days and not self._calendar.working_hours.get(WEEKDAYS[day.weekday()]):
            weekday = _WORKED_INSTEAD.get(day.weekday())
        return observed_at(local, value, weekday=weekday)

    def _found(self, value: float, side: Deviation | None, judged: Judgement) -> Finding:
        expected = judged.expected or 0.0
        patterns = () if side is None else (judged.reason.value,)
        rarity = 1 / judged.tail_probability
        yardstick = Yardstick(expected, statistic=rarity, points=int(self._state.points) - 1, patterns=patterns)
        return Finding(side, expected, 0.0 if side is None else abs(value - expected), yardstick=yardstick)
