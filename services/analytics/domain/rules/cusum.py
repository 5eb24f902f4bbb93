"""`cusum`: how far the values of a series have moved from their centre, added up; finds small shifts that last."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from services.analytics.domain.condition_with_memory import ConditionWithMemory
from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.finding import Deviation, Language, Memory, Scene, Show
from services.analytics.domain.rules.baseline_form import BASELINE_FIELDS, baseline_body, read_baselining
from services.analytics.domain.rules.learned import Seen, decoder_of, learned_memory
from services.analytics.domain.rules.number_form import a_number_between
from services.analytics.domain.spc.cusum import Cusum, CusumSignal, CusumState, normal_cusum, start, step
from services.analytics.domain.spc.ruler import Placed
from shared.runtime.form import Form

_DECODER = decoder_of(CusumState)
_HEADLINE: Mapping[Language, Mapping[Deviation, str]] = {
    "en": {"below": "has shifted downwards", "above": "has shifted upwards"},
    "zh": {"below": "向下偏移", "above": "向上偏移"},
}


@dataclass(frozen=True, slots=True)
class CusumRule(ConditionWithMemory):
    """A window at which the upper or the lower sum lies beyond h.

    Attributes:
        k, h, head_start: in sigmas; see `normal_cusum`.
    """

    kind: ClassVar[str] = "cusum"
    memory_form: ClassVar[int] = 3

    k: float = 0.5
    h: float = 5.0
    head_start: float = 0.0
    baselining: Baselining = field(default_factory=Baselining)

    @property
    def design(self) -> Cusum:
        return _designed(self.k, self.h, self.head_start)

    def remember(self, scene: Scene, kept: bytes | None) -> Memory:
        return learned_memory(_Sums(self.design), self.baselining, scene, kept=kept, decoder=_DECODER)

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        del show
        return _HEADLINE[language][side]

    def basis(self, language: Language, show: Show) -> str:
        del show
        settings = f"k {self.k:g}, h {self.h:g}"
        return f"CUSUM with {settings}" if language == "en" else f"CUSUM（{settings}）"

    def body(self) -> Mapping[str, Any]:
        return {"k": self.k, "h": self.h, "head_start": self.head_start, **baseline_body(self.baselining)}


CUSUM_FIELDS = ("k", "h", "head_start", *BASELINE_FIELDS)


def read_cusum(form: Form) -> CusumRule:
    """The fields of its own; what is wrong is reported to the form."""
    usual = CusumRule()
    h = form.read("h", a_number_between(0.1, 100), usual.h)
    head_start = form.read("head_start", a_number_between(0, 100), usual.head_start)
    if head_start >= h:
        form.report("head_start", f"is {head_start:g}; start below h, which is {h:g}, usually at half of it")
        head_start = 0.0
    k = form.read("k", a_number_between(0, 10), usual.k)
    return CusumRule(k, h, head_start, read_baselining(form))


@lru_cache(maxsize=64)
def _designed(k: float, h: float, head_start: float) -> Cusum:
    return normal_cusum(k=k, h=h, head_start=head_start)


@dataclass(frozen=True, slots=True)
class _Sums:
    """`Method`: a gap leaves the sums as they are. Nothing is said before the limits of the values themselves are learned."""

    design: Cusum
    judges_while_learning: bool = False

    def start(self) -> CusumState:
        return start(self.design)

    def see(self, state: CusumState, placed: Placed, *, joined: bool, worse: Deviation) -> tuple[CusumState, Seen]:
        del joined
        after, signals = step(self.design, state, self._finite(placed.z))
        if not signals:
            return after, Seen(None, 0.0, upper=self._decision, statistic=max(after.above.total, after.below.total))
        found = next((signal for signal in signals if signal.side == worse), signals[0])
        return after, Seen(found.side, self._shift(found, placed), upper=self._decision, statistic=found.total)

    @property
    def _decision(self) -> float:
        return max(side.decision for _, side in self.design.sides)

    def _finite(self, z: float) -> float:
        """Of a series that never moved every departure is infinite; it counts as one that signals by itself."""
        return z if math.isfinite(z) else math.copysign(2 * self._decision + 2, z)

    def _shift(self, signal: CusumSignal, placed: Placed) -> float:
        """How far the mean has moved, as Montgomery (section 9.1.2) estimates it; in the indicator's unit."""
        return abs(signal.level) * placed.sigma
