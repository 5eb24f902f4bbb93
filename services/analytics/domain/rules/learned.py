"""What `control_chart`, `ewma` and `cusum` have in common: limits that are learned from the series as its chart learns them.

A phase's limits rest on its first windows, so that while there are fewer everything in the phase may still be judged otherwise; from
then on a window is judged by what came before it, and what is remembered is a few numbers.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Generic, NamedTuple, Protocol, TypeVar, cast

import msgspec

from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.control_chart.drawing import standing_of
from services.analytics.domain.control_chart.phase_limits import PhaseValues, amount_of, draw, fits_on
from services.analytics.domain.finding import BEGINNING, Deviation, Finding, Scene, Yardstick
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.spc.ruler import Placed, Ruler
from services.analytics.domain.succession import adjoins, ends_no_run
from shared.calendars.windows import Window

S = TypeVar("S")


class Seen(NamedTuple):
    """What a method says of one point.

    Attributes:
        distance: how far it, or what it is a part of, lies from the centre; in the indicator's unit.
    """

    side: Deviation | None
    distance: float
    lower: float | None = None
    upper: float | None = None
    statistic: float | None = None
    patterns: tuple[str, ...] = ()


class Method(Protocol[S]):
    """How points are judged once there are limits."""

    @property
    def judges_while_learning(self) -> bool:
        """Whether limits that are still learned, hence wide, are good enough."""
        ...

    def start(self) -> S: ...

    def see(self, state: S, placed: Placed, *, joined: bool, worse: Deviation) -> tuple[S, Seen]:
        """The state after one more point; `joined`: its window follows that of the point before."""
        ...


@dataclass(frozen=True, slots=True)
class Kept(Generic[S]):
    """What is remembered of a series whose newest phase has its limits.

    Attributes:
        phase: number of the phase, from 0.
        last: the newest window that was charted; `broken` where it was no point.
    """

    phase: int
    ruler: Ruler
    last: Window
    broken: bool
    state: S


class LearnedMemory(Generic[S]):
    """`Memory` of one series."""

    def __init__(self, method: Method[S], baselining: Baselining, scene: Scene, *, kept: Kept[S] | None) -> None:
        self._method = method
        self._baselining = baselining
        self._scene = scene
        self._starts = scene.phase_starts
        self._phase = -1 if kept is None else kept.phase
        self._last = None if kept is None else kept.last
        self._broken = kept is None or kept.broken
        self._state = method.start() if kept is None else kept.state
        self._learned_until: datetime | None = None
        self._is_settled = kept is not None
        self._set(None if kept is None else kept.ruler)

    def findings(self, values: Sequence[KpiValue]) -> Iterator[Finding | None]:
        for phase, part in groupby(values, key=lambda value: self._phase_at(value.window.start)):
            own = list(part)
            if phase != self._phase:
                self._begin(phase, own)
            for value in own:
                yield self._see(value)

    def kept(self) -> bytes | None:
        if self._ruler is None or self._last is None or not self._is_settled:
            return None
        if self._learned_until is not None and self._last.start < self._learned_until:
            return None  # the limits rest on windows that are still to be seen
        return _ENCODER.encode(Kept(self._phase, self._ruler, self._last, self._broken, self._state))

    def _phase_at(self, start: datetime) -> int:
        return bisect_right(self._starts, start)

    def _begin(self, phase: int, values: Sequence[KpiValue]) -> None:
        """Learn the limits of a phase from its first values, before any of them is judged."""
        self._phase, self._broken, self._state = phase, True, self._method.start()
        self._learned_until = None
        given = self._baselining.given
        self._is_settled = given is not None
        self._set(self._learned(values) if given is None else Ruler("xmr", *given, points=0))
        if not self._is_settled and not self._method.judges_while_learning:
            self._set(None)

    def _set(self, ruler: Ruler | None) -> None:
        self._ruler = ruler
        self._fits = None if ruler is None else fits_on(ruler.chart)

    def _learned(self, values: Sequence[KpiValue]) -> Ruler | None:
        """Also notes whether no later window can move the limits."""
        begun = None if self._phase == 0 else self._scene.phases[self._phase - 1]
        baselining = self._baselining.of_phase(begun)
        judged: list[KpiValue] = []
        neighbours: list[bool] = []
        before: KpiValue | None = None
        for value in self._charted(values):
            if standing_of(value) == "gap":
                before = before if self._ends_no_run(value.window) else None
                continue
            neighbours.append(before is not None and self._follows(before.window, value.window))
            judged.append(value)
            before = value
            if len(judged) == baselining.windows:
                break
        self._learned_until = judged[-1].window.start if judged else None
        self._is_settled = len(judged) == baselining.windows
        phase = PhaseValues(tuple(judged), tuple(neighbours), () if begun is None else begun.excluded)
        return draw(phase, kind=self._scene.indicator.formula.kind, baselining=baselining).ruler

    def _charted(self, values: Sequence[KpiValue]) -> Iterator[KpiValue]:
        end = None if self._last is None else self._last.end
        for value in values:
            if end is None or value.window.start >= end:
                yield value
                end = value.window.end

    def _see(self, value: KpiValue) -> Finding | None:
        window, last = value.window, self._last
        if last is not None and window.start < last.end:
            return None  # overlapping windows share readings: the chart takes every one that begins where the last one ended
        if standing_of(value) == "gap" and self._ends_no_run(window):
            return None
        joined = last is not None and not self._broken and self._follows(last, window)
        self._last = window
        fits, ruler = self._fits, self._ruler
        self._broken = standing_of(value) == "gap" or fits is None or not fits(value)
        if self._broken or ruler is None:
            return None
        placed = ruler.place(*amount_of(value, ruler.chart))
        self._state, seen = self._method.see(self._state, placed, joined=joined, worse=self._scene.worse)
        return self._found(placed, seen, ruler)

    def _follows(self, earlier: Window, later: Window) -> bool:
        cut = self._scene.indicator.window.cut
        return self._baselining.passes_over_gaps or adjoins(self._scene.calendar, cut, earlier=earlier, later=later)

    def _ends_no_run(self, window: Window) -> bool:
        return self._baselining.passes_over_gaps or ends_no_run(self._scene.indicator, self._scene.calendar, window)

    def _found(self, placed: Placed, seen: Seen, ruler: Ruler) -> Finding:
        side = seen.side
        if side is not None and self._baselining.reports == "worse" and side != self._scene.worse:
            side = None
        limit = placed.centre
        if seen.lower is not None and seen.upper is not None and seen.statistic is None:
            above = side == "above" or (side is None and placed.plotted >= placed.centre)
            limit = seen.upper if above else seen.lower
        yardstick = Yardstick(
            placed.centre,
            seen.lower,
            seen.upper,
            seen.statistic,
            self._phase_name(),
            ruler.points,
            () if side is None else seen.patterns,
        )
        return Finding(side, limit, 0.0 if side is None else seen.distance, yardstick=yardstick)

    def _phase_name(self) -> str:
        return BEGINNING if self._phase == 0 else self._starts[self._phase - 1].isoformat()


_ENCODER = msgspec.msgpack.Encoder()


def learned_memory(
    method: Method[S], baselining: Baselining, scene: Scene, *, kept: bytes | None, decoder: "Decoder[S]"
) -> LearnedMemory[S]:
    """The memory that was kept, or a new one."""
    return LearnedMemory(method, baselining, scene, kept=None if kept is None else decoder.decode(kept))


class Decoder(Protocol[S]):
    """Of what is kept of one method."""

    def decode(self, kept: bytes, /) -> Kept[S]: ...


def decoder_of(state: type[S]) -> Decoder[S]:
    """For the state of one method."""
    return cast("Decoder[S]", msgspec.msgpack.Decoder(Kept[state]))  # type: ignore[valid-type]
