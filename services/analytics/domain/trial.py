"""A rule tried on values that are there already: what it would have raised, how often, and how that differs from another rule.

Through the same engine as judging, so that a rule tried on everything finds what it raises once it is in force.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.analytics.domain.anomaly import Anomaly, Judged, reconcile
from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.episode import Episode, episodes
from services.analytics.domain.expected_windows import NOWHERE, Reach, seen_by
from services.analytics.domain.finding import Scene
from services.analytics.domain.kpi_value import KpiValue
from shared.calendars.windows import Window

MONTH = timedelta(days=365.2425 / 12)
"""A month of the calendar, on average."""

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Within:
    """Windows that begin at `since` or later and before `until`, UTC; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, window: Window) -> bool:
        return (self.since is None or window.start >= self.since) and self.begins_before(window)

    def begins_before(self, window: Window) -> bool:
        return self.until is None or window.start < self.until

    def cut(self, span: Window | None) -> Window | None:
        """What of a span lies within; None for nothing."""
        if span is None:
            return None
        start = span.start if self.since is None else max(span.start, self.since)
        end = span.end if self.until is None else min(span.end, self.until)
        return Window(start, end) if start < end else None


def would_raise(
    judged: Judged,
    values: Sequence[KpiValue],
    within: Within,
    *,
    phases: tuple[BegunPhase, ...] = (),
    reach: Reach = NOWHERE,
) -> list[Anomaly]:
    """The anomalies that windows within would have raised, in order, as they stood where `within` ends.

    Args:
        values: all final and restated values of one subject, in order: what lies before `within` bears on what is found in it.
        phases: as in `Scene`.
        reach: how far windows without values are due, for rules about missing data.
    """
    if not judged.rule.covers(judged.subject):
        return []
    scene = Scene(judged.indicator, judged.calendar, phases)
    known = [one for one in seen_by(judged.rule, values, scene, reach=reach) if within.begins_before(one.window)]
    found = episodes(judged.rule, known, scene=scene)
    return [_as_anomaly(episode, judged) for episode in found if within.holds(episode.raised)]


def _as_anomaly(episode: Episode, judged: Judged) -> Anomaly:
    return reconcile([], [episode], judged, new_id=str)[-1].anomaly


@dataclass(frozen=True, slots=True)
class Found:
    """An anomaly, and whether another rule shows the same trouble: one on the same side that shares a window."""

    anomaly: Anomaly
    is_shared: bool


def beside(mine: Sequence[Anomaly], theirs: Sequence[Anomaly]) -> list[Found]:
    """What one rule finds on a subject, beside what another finds on it; each in order, no two of one rule sharing a window."""
    others = _Timeline(theirs)
    return [Found(anomaly, others.shows(anomaly)) for anomaly in mine]


class _Timeline:
    """The anomalies of one rule on one subject, to be searched by time."""

    def __init__(self, anomalies: Sequence[Anomaly]) -> None:
        self._anomalies = anomalies
        self._firsts = [anomaly.episode.first for anomaly in anomalies]
        self._ends = [_end(anomaly.episode) for anomaly in anomalies]

    def shows(self, anomaly: Anomaly) -> bool:
        first, last = bisect_right(self._ends, anomaly.episode.first), bisect_left(self._firsts, _end(anomaly.episode))
        return any(near.direction == anomaly.direction for near in self._anomalies[first:last])


def _end(episode: Episode) -> datetime:
    return _LATEST if episode.cleared is None else episode.cleared.start


def a_month(count: float, span: Window | None) -> float | None:
    """How many a month, when there were `count` in a span; None without one."""
    return None if span is None else count / ((span.end - span.start) / MONTH)
