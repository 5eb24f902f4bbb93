"""Shapes of control charts over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.analytics.domain.chart_target import Target
from services.analytics.domain.control_chart.chart import (
    ChartPhase,
    ChartPoint,
    Effect,
    PointStanding,
    State,
    Statistic,
)
from services.analytics.domain.control_chart.frozen_baseline import FrozenBaseline
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.finding import Comparator
from services.analytics.domain.indicator import Direction
from services.analytics.domain.kpi_value import Judgement, Status
from services.analytics.domain.spc.assurance import Verdict
from services.analytics.domain.spc.chart_choice import Chart, Reason
from services.analytics.entrypoints.http_schemas import Body, WindowShape
from services.analytics.use_cases.query_chart import ShownChart
from shared.calendars.windows import Window


class RebaseBody(Body):
    """From which window on limits are set anew, and why."""

    subject: dict[str, str] = Field(default_factory=dict, description="a value for each dimension of the indicator")
    starts_at: datetime = Field(
        alias="from",
        description="start of the first window of the new phase; UTC without an offset",
        examples=["2026-03-02T00:00:00Z"],
    )
    reason: str = Field(
        description="what changed in the process, in 500 characters at most",
        examples=["new torque tool; improvement verified by issue 17"],
    )
    baseline_windows: int | None = Field(
        default=None,
        description="how many of its judged windows are looked at for its limits, 5 to 1000; left out, as many as a rule says, or 24",
        examples=[30],
    )
    excluded: list[datetime] = Field(
        default_factory=list,
        max_length=1000,
        description="starts of windows with a known cause: they set no limits, yet stay on the chart and are judged",
        examples=[["2026-04-13T00:00:00Z"]],
    )
    withdrawn: bool = Field(
        default=False, description="true takes the phase back that was begun then; say why in `reason`"
    )


class RebaseShape(BaseModel):
    """The beginning of a phase."""

    starts_at: datetime = Field(serialization_alias="from")
    reason: str
    actor: str
    version: int = Field(description="counted up when the reason or the baseline is written anew; the highest holds")
    recorded_at: datetime
    baseline_windows: int | None = Field(
        description="how many windows its limits were asked to rest on; null for the usual number"
    )
    excluded: list[datetime] = Field(description="starts of windows that set no limits")
    withdrawn: bool = Field(description="taken back: no phase begins then")


class LimitsShape(BaseModel):
    """Control limits."""

    lower: float
    upper: float


class StatisticShape(BaseModel):
    """What an `ewma` or `cusum` rule compares in place of the value."""

    value: float = Field(description="the average, in the indicator's unit, or the larger of the two sums, in sigmas")
    lower: float | None
    upper: float | None


class PointShape(BaseModel):
    """One window."""

    window: WindowShape
    value: float | None
    sample_size: int
    status: Status
    judgement: Judgement
    standing: PointStanding = Field(
        description="judged: sets limits and is judged by them; provisional: its window is open; gap: nothing to judge"
    )
    phase: int = Field(description="index in `phases`")
    joined: bool = Field(description="whether it follows the point before it without a gap or a change of phase")
    centre: float | None
    limits: LimitsShape | None
    statistic: StatisticShape | None = Field(description="null unless the chart is drawn for an ewma or cusum rule")
    signals: list[str] = Field(description="rules that fired at this point")


class ChartKindShape(BaseModel):
    """Which kind of control chart, and why."""

    type: Chart
    reason: Reason
    explanation: str


class BaselineShape(BaseModel):
    """One version of the figures that limits rest on."""

    version: int
    chart: Chart
    points: int
    window: WindowShape = Field(description="from the first window behind the limits to the end of the last")
    reason: str = Field(description="why it was frozen, or frozen anew")
    actor: str
    frozen_at: datetime


class PhaseShape(BaseModel):
    """Windows that share a baseline."""

    starts_at: datetime | None = Field(serialization_alias="from", description="null before the first value")
    rebase: RebaseShape | None = Field(description="null for the phase that nobody began on purpose")
    state: State = Field(
        description="waiting: too few points for limits; learning: limits of all points so far, widened; "
        "frozen: limits of the baseline, whatever follows"
    )
    chart: ChartKindShape | None = Field(description="null while waiting")
    points_behind: int = Field(description="how many points the limits rest on")
    baselines: list[BaselineShape] = Field(description="every version that was frozen, oldest first")


class SignalShape(BaseModel):
    """A run rule fired, or a statistic lies beyond its limit."""

    rule: str = Field(examples=["N1"], description="the run rule; of a statistic the kind of its rule, such as `ewma`")
    side: Literal["above", "below"] | None
    effect: Effect = Field(description="what the side means by the indicator's direction")
    window: WindowShape = Field(description="at which it fired")
    windows: list[WindowShape] = Field(description="of all points that belong to the pattern")


class TargetShape(BaseModel):
    """The target in force, and whether the process will keep meeting it."""

    rule: str
    goal_id: str | None
    comparator: Comparator
    target: float
    assurance: Verdict = Field(
        description="by the newest limits: capable, hit_or_miss, not_capable, or unknown without limits"
    )
    learning: bool = Field(description="limits are still wide, so the verdict leans to hit_or_miss")
    stable: bool = Field(description="false where points of the newest phase lie beyond their limits")


class ChartShape(BaseModel):
    """The control chart of one series. `centre`, `limits`, `state` and `chart` are those of the newest phase."""

    rule: str | None = Field(
        description="whose limits and signals these are; null for the usual ones, where no rule judges by a chart"
    )

    indicator: str
    indicator_version: int
    title: dict[str, str]
    unit: str
    direction: Direction
    subject: dict[str, str]
    state: State
    chart: ChartKindShape | None
    centre: float | None
    limits: LimitsShape | None
    target: TargetShape | None
    phases: list[PhaseShape]
    points: list[PointShape]
    signals: list[SignalShape]


def from_rebase(rebase: Rebase) -> RebaseShape:
    return RebaseShape(
        starts_at=rebase.starts_at,
        reason=rebase.reason,
        actor=rebase.actor,
        version=rebase.version,
        recorded_at=rebase.recorded_at,
        baseline_windows=rebase.baseline_windows,
        excluded=list(rebase.excluded),
        withdrawn=rebase.withdrawn,
    )


def from_chart(shown: ShownChart, places: Sequence[int]) -> ChartShape:
    """The chart with the points at these places, and the signals that fired at them."""
    chart, indicator = shown.chart, shown.indicator
    newest = next((point for point in reversed(chart.points) if point.phase == len(chart.phases) - 1), None)
    fired: dict[int, list[str]] = {}
    for signal in chart.signals:
        fired.setdefault(signal.at, []).append(signal.rule)
    kept = set(places)
    return ChartShape(
        rule=None if shown.rule is None else shown.rule.name,
        indicator=indicator.name,
        indicator_version=indicator.version,
        title=dict(indicator.title),
        unit=indicator.unit,
        direction=indicator.direction,
        subject=dict(shown.subject),
        state=chart.newest.state,
        chart=_kind(chart.newest),
        centre=None if newest is None else newest.centre,
        limits=None if newest is None else _limits(newest),
        target=None if shown.target is None else _target(shown.target),
        phases=[_phase(phase, shown) for phase in chart.phases],
        points=[_point(chart.points[place], fired.get(place, [])) for place in places],
        signals=[
            SignalShape(
                rule=signal.rule,
                side=signal.side,
                effect=signal.effect,
                window=_window(chart.points[signal.at].value.window),
                windows=[_window(chart.points[place].value.window) for place in signal.points],
            )
            for signal in chart.signals
            if signal.at in kept
        ],
    )


def _point(point: ChartPoint, fired: list[str]) -> PointShape:
    value = point.value
    return PointShape(
        window=_window(value.window),
        value=value.value,
        sample_size=value.sample_size,
        status=value.status,
        judgement=value.judgement,
        standing=point.standing,
        phase=point.phase,
        joined=point.joined,
        centre=point.centre,
        limits=_limits(point),
        statistic=_statistic(point.statistic),
        signals=fired,
    )


def _limits(point: ChartPoint) -> LimitsShape | None:
    if point.lower is None or point.upper is None:
        return None
    return LimitsShape(lower=point.lower, upper=point.upper)


def _statistic(seen: Statistic | None) -> StatisticShape | None:
    return None if seen is None else StatisticShape(value=seen.value, lower=seen.lower, upper=seen.upper)


def _phase(phase: ChartPhase, shown: ShownChart) -> PhaseShape:
    points = shown.chart.points[phase.first : phase.stop]
    start = phase.rebase.starts_at if phase.rebase else points[0].value.window.start if points else None
    return PhaseShape(
        starts_at=start,
        rebase=None if phase.rebase is None else from_rebase(phase.rebase),
        state=phase.state,
        chart=_kind(phase),
        points_behind=phase.points_behind,
        baselines=[_baseline(one) for one in shown.baselines.get(phase.name, ())],
    )


def _kind(phase: ChartPhase) -> ChartKindShape | None:
    choice = phase.choice
    if choice is None:
        return None
    return ChartKindShape(type=choice.chart, reason=choice.reason, explanation=choice.explanation)


def _baseline(one: FrozenBaseline) -> BaselineShape:
    body = one.body
    return BaselineShape(
        version=one.version,
        chart=body["chart"],
        points=body["points"],
        window=WindowShape(start=body["from"], end=body["to"]),
        reason=one.reason,
        actor=one.actor,
        frozen_at=one.frozen_at,
    )


def _target(target: Target) -> TargetShape:
    return TargetShape(
        rule=target.rule.name,
        goal_id=target.rule.goal_id,
        comparator=target.condition.comparator,
        target=float(target.condition.target),
        assurance=target.verdict,
        learning=target.standing == "learning",
        stable=target.stable,
    )


def _window(window: Window) -> WindowShape:
    return WindowShape(start=window.start, end=window.end)
