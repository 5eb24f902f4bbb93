"""Episodes: which runs of windows a rule finds, judged from the beginning or from where values have changed.

A run is over consecutive windows of the calendar: a window without a judged value ends it. An episode begins with the window
that completes a run of `for_windows` misses, goes on through whatever follows, and ends with the window that completes a run of
`clear_after` windows that meet the target. Judging from a changed window onward gives the same episodes as judging everything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import TargetRule, is_met
from shared.calendars.windows import Cut, Window

NEWEST_EVIDENCE = 20
"""How many of the newest values an episode carries, besides those of the run that began it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One KPI value as it was when judged."""

    window: Window
    value: float
    numerator: float | None
    denominator: float | None
    sample_size: int
    revision: int


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch of trouble on one subject.

    Attributes:
        evidence: values that miss the target: the run that began it and the newest, in order.
        misses: how many windows missed it, the ones no longer in `evidence` included.
        raised: the window that completed the run.
        cleared: the window that ended it, and `clearing` its value; None while it goes on.
    """

    evidence: tuple[Evidence, ...]
    misses: int
    raised: Window
    cleared: Window | None = None
    clearing: Evidence | None = None

    @property
    def first(self) -> datetime:
        """Start of the first window of the run."""
        return self.evidence[0].window.start

    @property
    def last(self) -> datetime:
        """Start of the newest window that missed the target."""
        return self.evidence[-1].window.start

    def overlaps(self, other: "Episode") -> bool:
        """Whether some window belongs to both."""
        return _before_end(self.first, other) and _before_end(other.first, self)


def _before_end(moment: datetime, episode: Episode) -> bool:
    return episode.cleared is None or moment < episode.cleared.start


@dataclass(frozen=True, slots=True)
class Start:
    """Where judging begins: at the window that starts at `since` (None: at the first), with an episode going on or not."""

    since: datetime | None = None
    ongoing: Episode | None = None


FROM_THE_BEGINNING = Start()

_AT_MOST: Mapping[Cut, timedelta] = {
    "hour": timedelta(hours=2),
    "shift": timedelta(days=3),  # and the time to the next
    "day": timedelta(days=3),
    "week": timedelta(days=10),
    "month": timedelta(days=35),
    "quarter": timedelta(days=100),
    "year": timedelta(days=370),
}
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def context_begins(since: datetime, cut: Cut, windows: int) -> datetime:
    """A moment at least `windows` windows before `since`, of which one begins with each pane, whatever the clocks do."""
    span = _AT_MOST.get(cut, _AT_MOST["hour"]) * (windows + 1)
    return since - span if since - _BEGINNING > span else _BEGINNING


def starting_point(known: Sequence[Episode], changed: datetime | None) -> Start:
    """Where to begin when values have changed from the window `changed` onward.

    Args:
        known: the episodes found so far that are open or end at `changed` or later, in order.
        changed: start of the earliest window whose value is not what it was; None to judge everything.
    """
    if changed is None:
        return FROM_THE_BEGINNING
    if not known or known[0].first >= changed:
        return Start(changed)
    if known[0].last >= changed:
        return Start(known[0].first)
    return Start(changed, replace(known[0], cleared=None, clearing=None))


Follows = Callable[[Window, Window], bool]
"""Whether the second window comes directly after the first."""


def without_gap(earlier: Window, later: Window) -> bool:
    """`Follows` of windows that do not overlap."""
    return later.start == earlier.end


def episodes(
    rule: TargetRule,
    values: Iterable[KpiValue],
    start: Start = FROM_THE_BEGINNING,
    *,
    follows: Follows = without_gap,
) -> list[Episode]:
    """The episodes that are open at `start` or begin after it, in order.

    Args:
        values: final and restated values of one subject in order of their windows, beginning at least `rule.context`
            windows before `start`.
    """
    judging = _Judging(rule, start, follows)
    for value in values:
        if rule.covers_window(value):
            judging.see(value)
    return judging.found()


class _Judging:
    """One walk over the values of a subject."""

    def __init__(self, rule: TargetRule, start: Start, follows: Follows) -> None:
        self._rule = rule
        self._follows = follows
        self._since = start.since
        self._ongoing = start.ongoing
        self._ended: list[Episode] = []
        self._missed: list[Evidence] = []
        self._met = 0
        self._previous: Window | None = None

    def see(self, value: KpiValue) -> None:
        is_next = self._previous is not None and self._follows(self._previous, value.window)
        if not is_next or not value.is_judged:
            self._missed, self._met = [], 0
        self._previous = value.window
        if not value.is_judged:
            return
        met = is_met(self._rule, value)
        if met:
            self._missed, self._met = [], self._met + 1
        else:
            self._missed, self._met = [*self._missed[-self._rule.for_windows :], _evidence(value)], 0
        if self._since is None or value.window.start >= self._since:
            self._decide(value, met=met)

    def _decide(self, value: KpiValue, *, met: bool) -> None:
        if self._ongoing is None:
            if len(self._missed) >= self._rule.for_windows:
                run = tuple(self._missed[-self._rule.for_windows :])
                self._ongoing = Episode(run, len(run), value.window)
        elif not met:
            self._ongoing = _continued(self._ongoing, self._missed[-1], self._rule.for_windows)
        elif self._met >= self._rule.clear_after:
            self._ended.append(replace(self._ongoing, cleared=value.window, clearing=_evidence(value)))
            self._ongoing = None

    def found(self) -> list[Episode]:
        return self._ended if self._ongoing is None else [*self._ended, self._ongoing]


def _continued(episode: Episode, seen: Evidence, run: int) -> Episode:
    beginning, newer = episode.evidence[:run], episode.evidence[run:]
    return replace(episode, evidence=(*beginning, *newer[-NEWEST_EVIDENCE + 1 :], seen), misses=episode.misses + 1)


def _evidence(value: KpiValue) -> Evidence:
    if value.value is None:
        raise ValueError("a window without a value is no evidence")
    return Evidence(value.window, value.value, value.numerator, value.denominator, value.sample_size, value.revision)
