"""A rule: a versioned judgement on the KPI values of one indicator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from services.analytics.domain.condition_with_memory import ConditionWithMemory
from services.analytics.domain.finding import Condition
from services.analytics.domain.kpi_value import KpiValue
from shared.calendars.windows import Window

Severity = Literal["minor", "moderate", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Mode = Literal["act", "observe"]
MODES: tuple[Mode, ...] = get_args(Mode)

GOAL_PREFIX = "goal:"
"""Before the goal's id in the names of rules that follow from goals; no rule of a person may contain a colon."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on values, and what is common to all kinds: runs of windows that it finds are anomalies.

    Attributes:
        for_windows, of: an anomaly is raised when `for_windows` of `of` consecutive windows are found, the newest among them.
        clear_after: how many windows in a row must be in order for the anomaly to be cleared.
        cooldown: an anomaly whose like comes back within so many windows after it was cleared is the same one again.
        minimum_sample: least denominator (ratio) or number of readings (else) for this rule to judge a value.
        minimum_effect: findings smaller than this do not count; see `Finding.size`.
        severity_by_size: least size → severity, ascending; `severity` is that of anything smaller.
        mode: `observe` raises anomalies that open no issues.
        subject: dimension → value; the rule judges subjects that have all of these.
        period: only windows that begin inside it are judged; None for all.
        goal_id: the goal that this rule follows from.
        window_of: within how many windows a run must lie.
        context: how many windows before a changed one can bear on whether it completes a run.
        with_memory: the condition, if it goes on from what it remembers of a series.
    """

    name: str
    version: int
    indicator: str
    condition: Condition
    for_windows: int = 1
    of: int = 1
    clear_after: int = 1
    cooldown: int = 0
    minimum_sample: int = 0
    minimum_effect: float = 0.0
    severity: Severity = "moderate"
    severity_by_size: tuple[tuple[float, Severity], ...] = ()
    opens_issue: bool = False
    mode: Mode = "act"
    subject: Mapping[str, str] = field(default_factory=dict)
    title: Mapping[str, str] = field(default_factory=dict)
    period: Window | None = None
    goal_id: str | None = None
    window_of: int = field(init=False)
    context: int = field(init=False)
    with_memory: ConditionWithMemory | None = field(init=False)

    def __post_init__(self) -> None:
        window_of = max(self.of, self.for_windows)
        object.__setattr__(self, "window_of", window_of)
        object.__setattr__(self, "context", max(window_of, self.clear_after))
        with_memory = self.condition if isinstance(self.condition, ConditionWithMemory) else None
        object.__setattr__(self, "with_memory", with_memory)

    @property
    def remembers(self) -> bool:
        return self.with_memory is not None

    @property
    def memory_form(self) -> int:
        """`ConditionWithMemory.memory_form`; 0 where nothing is remembered."""
        return 0 if self.with_memory is None else self.with_memory.memory_form

    @property
    def looks_back(self) -> int:
        """How many windows before a changed one an anomaly may have been cleared and still bear on the next."""
        has_broken_runs = self.window_of > self.for_windows or self.condition.has_two_sides
        return max(self.context if has_broken_runs else 0, self.cooldown)

    @property
    def asks_only_for_misses(self) -> bool:
        """Whether a changed value in order, on a subject without anomalies, can change nothing."""
        return self.condition.is_pointwise and self.window_of == self.for_windows

    def severity_of(self, size: float) -> Severity:
        reached = [severity for least, severity in self.severity_by_size if size >= least]
        return reached[-1] if reached else self.severity

    def covers(self, subject: Mapping[str, str]) -> bool:
        return all(subject.get(dimension) == value for dimension, value in self.subject.items())

    def covers_window(self, value: KpiValue) -> bool:
        return self.period is None or self.period.start <= value.window.start < self.period.end

    def samples_enough(self, value: KpiValue, formula: str) -> bool:
        sample = value.denominator if formula == "ratio" else value.sample_size
        return not self.minimum_sample or (sample is not None and sample >= self.minimum_sample)
