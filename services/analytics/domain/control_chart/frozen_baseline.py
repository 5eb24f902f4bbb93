"""Frozen baselines as they are kept: which figures the limits of a phase rest on, since when, and why they were ever set anew.

Limits are a pure function of the values of a phase's first windows, so what is kept is evidence. It differs from what those values
say now only where data were corrected; then a new version is kept, with that reason.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.control_chart.chart import ChartPhase

ANALYTICS = "analytics"
"""Who freezes a baseline that is complete, or restates one after a correction."""


@dataclass(frozen=True, slots=True)
class FrozenBaseline:
    """One version of one phase's baseline.

    Attributes:
        phase: the phase's name.
        body: kind of chart, span and number of windows, and the figures; plain JSON.
        frozen_at: UTC.
    """

    phase: str
    version: int
    body: Mapping[str, Any]
    reason: str
    actor: str
    frozen_at: datetime


def to_freeze(phase: ChartPhase, newest: FrozenBaseline | None, *, now: datetime) -> FrozenBaseline | None:
    """The next version to keep; None while the phase is learning, and where the newest one says the same."""
    body = baseline_body(phase)
    if body is None or (newest is not None and newest.body == body):
        return None
    if newest is not None:
        reason, actor = _what_changed(phase, newest, body)
        return FrozenBaseline(phase.name, newest.version + 1, body, reason, actor, now)
    if phase.rebase is not None:
        return FrozenBaseline(phase.name, 1, body, phase.rebase.reason, phase.rebase.actor, now)
    reason = f"the first {phase.points_behind} judged windows are complete"
    return FrozenBaseline(phase.name, 1, body, reason, ANALYTICS, now)


def baseline_body(phase: ChartPhase) -> dict[str, Any] | None:
    """What is kept of a phase's baseline; None unless it is frozen."""
    drawn, span = phase.drawn, phase.baseline_span
    if phase.state != "frozen" or drawn is None or drawn.baseline is None or span is None or phase.choice is None:
        return None
    usual = Baselining().windows
    chosen = {} if phase.baseline_windows == usual else {"windows": phase.baseline_windows}
    left_out = [moment.isoformat() for moment in (() if phase.rebase is None else phase.rebase.excluded)]
    return {
        **chosen,
        **({"excluded": left_out} if left_out else {}),
        "chart": phase.choice.chart,
        "reason": phase.choice.reason,
        "points": phase.points_behind,
        "from": span.start.isoformat(),
        "to": span.end.isoformat(),
        "figures": _figures(drawn.baseline),
    }


def _figures(baseline: object) -> dict[str, Any]:
    """Every baseline is a dataclass of numbers, texts, and others like it."""
    return asdict(baseline)  # type: ignore[call-overload, no-any-return]


def _what_changed(phase: ChartPhase, before: FrozenBaseline, body: Mapping[str, Any]) -> tuple[str, str]:
    """The reason, and who gave it."""
    is_of_other_size = before.body.get("windows") != body.get("windows")
    leaves_out_others = before.body.get("excluded") != body.get("excluded")
    begun = phase.rebase
    if begun is not None and (leaves_out_others or (is_of_other_size and begun.baseline_windows is not None)):
        return begun.reason, begun.actor
    if is_of_other_size:
        return f"a rule sets the limits from {phase.baseline_windows} windows", ANALYTICS
    windows = ("points", "from", "to")
    if any(before.body[name] != body[name] for name in windows):
        return "late data changed which windows are the first ones judged", ANALYTICS
    if before.body["chart"] != body["chart"]:
        asked = body["reason"] == "asked-for"
        return ("a rule asks" if asked else "corrected data call") + " for another kind of chart", ANALYTICS
    return "data of windows behind the limits were corrected", ANALYTICS
