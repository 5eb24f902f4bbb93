"""Episodes: which runs of windows a rule finds, judged from the beginning or from where values have changed.

A run is over consecutive windows of the calendar: a window without a judged value ends it, unless nobody works then. An episode begins with the window
that completes a run (`for_windows` findings on one side within `of` windows), goes on through whatever follows, and ends with the
window that completes a run of `clear_after` windows without such a finding; what was found before that bears on no later episode.
Judging from a changed window onward gives the same episodes as judging everything.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from msgspec import Struct, structs

from services.analytics.domain.finding import Deviation, Finding, Scene, Yardstick
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule
from shared.calendars.windows import Cut, Window

NEWEST_EVIDENCE = 20
"""How many of the newest values an episode carries, besides those of the run that began it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One KPI value as it was when judged.

    Attributes:
        limit: the value beyond which it is found; None in evidence from before limits were kept.
        compared: the other value that it was compared with, if it was one.
        yardstick: what a rule measured it by that learns from the series.
    """

    window: Window
    value: float
    numerator: float | None
    denominator: float | None
    sample_size: int
    revision: int
    limit: float | None = None
    compared: float | None = None
    yardstick: Yardstick | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch of trouble on one subject.

    Attributes:
        evidence: values found: the run that began it and the newest, in order.
        misses: how many windows were found, the ones no longer in `evidence` included.
        raised: the window that completed the run.
        cleared: the window that ended it, and `clearing` its value; None while it goes on.
        side: where the values lie; None for an episode from before sides were kept.
        size: the largest of its findings.
    """

    evidence: tuple[Evidence, ...]
    misses: int
    raised: Window
    cleared: Window | None = None
    clearing: Evidence | None = None
    side: Deviation | None = None
    size: float = 0.0

    @property
    def first(self) -> datetime:
        """Start of the first window of the run."""
        return self.evidence[0].window.start

    @property
    def last(self) -> datetime:
        """Start of the newest window that was found."""
        return self.evidence[-1].window.start

    def overlaps(self, other: "Episode") -> bool:
        """Whether some window belongs to both."""
        return _before_end(self.first, other) and _before_end(other.first, self)


def _before_end(moment: datetime, episode: Episode) -> bool:
    return episode.cleared is None or moment < episode.cleared.start


class Start(Struct, frozen=True):
    """Where judging begins: at the window that starts at `since` (None: at the first).

    Attributes:
        ongoing: the episode that goes on there.
        before: the newest that was cleared before, as far as the rule looks back.
    """

    since: datetime | None = None
    ongoing: Episode | None = None
    before: Episode | None = None


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
_SHORTEST_DAY = timedelta(hours=23)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def context_begins(since: datetime, cut: Cut, windows: int, *, longest_break: timedelta = timedelta(0)) -> datetime:
    """A moment at least `windows` windows before `since`, of which one begins with each pane, whatever the clocks do.

    Args:
        longest_break: how long windows may lie apart and yet follow one another; a working day lies between any two breaks.
    """
    span = _AT_MOST.get(cut, _AT_MOST["hour"]) * (windows + 1)
    if longest_break:
        span += longest_break * (span // _SHORTEST_DAY + 1)
    return since - span if since - _BEGINNING > span else _BEGINNING


def windows_before(since: datetime, windows: int, scene: Scene) -> datetime:
    """As `context_begins`, of windows of the scene, which follow one another over its calendar's breaks."""
    return context_begins(since, scene.indicator.window.cut, windows, longest_break=scene.longest_break)


def starting_point(
    known: Sequence[Episode],
    changed: datetime | None,
    *,
    before: Sequence[Episode] = (),
    may_be_undone: bool = False,
) -> Start:
    """Where to begin when values have changed from the window `changed` onward.

    Args:
        known: the episodes found so far that are open or end at `changed` or later, in order.
        changed: start of the earliest window whose value is not what it was; None to judge everything.
        before: episodes that ended before, in order, as far as the rule looks back from the earlier of `changed` and `known`.
        may_be_undone: whether an episode that is over is known although its windows may be in order by now: then it does not go on
            unless they still show it.
    """
    if changed is None:
        return FROM_THE_BEGINNING
    newest = before[-1] if before else None
    if not known or known[0].first >= changed:
        return Start(changed, before=newest)
    if known[0].last >= changed or (may_be_undone and known[0].cleared is not None):
        return Start(known[0].first, before=newest)
    return Start(changed, replace(known[0], cleared=None, clearing=None), newest)


Find = Callable[[Sequence[KpiValue], Scene], Iterator[Finding | None]]
"""As `Condition.findings`."""


def episodes(
    rule: Rule,
    values: Sequence[KpiValue],
    start: Start = FROM_THE_BEGINNING,
    *,
    scene: Scene,
    find: Find | None = None,
) -> list[Episode]:
    """The episodes that are open at `start` or begin after it, in order; first `start.before`, which may go on again.

    Args:
        values: final and restated values of one subject in order of their windows, beginning at least `rule.context`
            windows before `start`, and where the rule's condition needs values from.
        find: how the values are judged where the condition goes on from what it remembers; default `Condition.findings`.
    """
    walk = _Walk(rule, start, scene)
    judged = _with_enough(rule, values, scene)
    found = (find or rule.condition.findings)(judged, scene)
    for value, finding in zip(judged, found, strict=True):
        if rule.covers_window(value):
            walk.see(value, finding)
    return walk.found()


def finding_at(window: Window, rule: Rule, values: Sequence[KpiValue], *, scene: Scene) -> Finding | None:
    """What the rule's condition says of the window's value, which is one of these; None where it cannot judge it."""
    judged = _with_enough(rule, values, scene)
    findings = zip(judged, rule.condition.findings(judged, scene), strict=True)
    return next((finding for value, finding in findings if value.window == window), None)


def _with_enough(rule: Rule, values: Sequence[KpiValue], scene: Scene) -> Sequence[KpiValue]:
    """Too small a sample by the rule is as one by the indicator: not judged, and nothing is compared with it."""
    if not rule.minimum_sample:
        return values
    kind = scene.indicator.formula.kind
    return [
        value if rule.samples_enough(value, kind) else structs.replace(value, judgement="insufficient")
        for value in values
    ]


class _Mark(Struct, frozen=True):
    """A window that was judged."""

    value: KpiValue
    finding: Finding
    side: Deviation | None

    @property
    def evidence(self) -> Evidence:
        return _evidence(self.value, self.finding)


class _Walk:
    """One walk over the values of a subject."""

    def __init__(self, rule: Rule, start: Start, scene: Scene) -> None:
        self._rule = rule
        self._scene = scene
        self._since = start.since
        self._ongoing = start.ongoing
        self._ended: list[Episode] = [] if start.before is None else [start.before]
        self._marks: deque[_Mark] = deque(maxlen=rule.context)
        self._previous: Window | None = None

    def see(self, value: KpiValue, finding: Finding | None) -> None:
        if finding is None and self._scene.is_break(value.window):
            return  # a holiday with too little to judge is as one without any
        if finding is None or self._previous is None or not self._scene.follows(self._previous, value.window):
            self._marks.clear()
        self._previous = value.window
        if finding is None or self._is_settled(value):
            return
        counts = finding.size >= self._rule.minimum_effect
        self._marks.append(_Mark(value, finding, finding.side if counts else None))
        if self._since is None or value.window.start >= self._since:
            self._decide(self._marks[-1])

    def _is_settled(self, value: KpiValue) -> bool:
        """Whether the window lies before the end of an episode that is over: it bears on no later one."""
        last = self._ended[-1].cleared if self._ended else None
        return self._ongoing is None and last is not None and value.window.start < last.start

    def _decide(self, mark: _Mark) -> None:
        if self._ongoing is not None:
            if mark.side is not None and self._ongoing.side in (None, mark.side):
                self._ongoing = _continued(self._ongoing, mark, self._rule.for_windows)
                return
            if self._quiet(self._ongoing) < self._rule.clear_after:
                return
            cleared = replace(self._ongoing, cleared=mark.value.window, clearing=mark.evidence)
            self._ended.append(cleared)
            self._ongoing = None
            self._marks = deque([mark], maxlen=self._rule.context)
        if mark.side is not None:
            self._raise(mark)

    def _quiet(self, episode: Episode) -> int:
        """How many windows in a row, up to this one, show nothing of the episode."""
        sides = [mark.side for mark in reversed(self._marks)]
        found = (at for at, side in enumerate(sides) if side is not None and episode.side in (None, side))
        return next(found, len(sides))

    def _raise(self, mark: _Mark) -> None:
        recent = list(self._marks)[-self._rule.window_of :]
        run = [one for one in recent if one.side == mark.side]
        if len(run) < self._rule.for_windows:
            return
        if self._comes_back(mark):
            episode = replace(self._ended.pop(), cleared=None, clearing=None)
            for one in run:
                episode = _continued(episode, one, self._rule.for_windows)
            self._ongoing = episode
            return
        size = max(one.finding.size for one in run)
        evidence = tuple(one.evidence for one in run)
        self._ongoing = Episode(evidence, len(run), mark.value.window, side=mark.side, size=size)

    def _comes_back(self, mark: _Mark) -> bool:
        last = self._ended[-1] if self._ended and self._rule.cooldown else None
        if last is None or last.cleared is None or last.side != mark.side:
            return False
        return mark.value.window.start <= self._scene.counts_until(last.cleared.start, self._rule.cooldown)

    def found(self) -> list[Episode]:
        return self._ended if self._ongoing is None else [*self._ended, self._ongoing]


def _continued(episode: Episode, mark: _Mark, run: int) -> Episode:
    beginning, newer = episode.evidence[:run], episode.evidence[run:]
    return replace(
        episode,
        evidence=(*beginning, *newer[-NEWEST_EVIDENCE + 1 :], mark.evidence),
        misses=episode.misses + 1,
        side=mark.side,
        size=max(episode.size, mark.finding.size),
    )


def _evidence(value: KpiValue, finding: Finding) -> Evidence:
    if value.value is None:
        raise ValueError("a window without a value is no evidence")
    return Evidence(
        window=value.window,
        value=value.value,
        numerator=value.numerator,
        denominator=value.denominator,
        sample_size=value.sample_size,
        revision=value.revision,
        limit=finding.limit,
        compared=finding.compared,
        yardstick=finding.yardstick,
    )
