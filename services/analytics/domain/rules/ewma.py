"""`ewma`: an exponentially weighted average of a series against its limits; finds small shifts that last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, cast, get_args

from services.analytics.domain.condition_with_memory import ConditionWithMemory
from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.finding import Deviation, Language, Memory, Scene, Show
from services.analytics.domain.rules.baseline_form import BASELINE_FIELDS, baseline_body, read_baselining
from services.analytics.domain.rules.learned import Seen, decoder_of, learned_memory
from services.analytics.domain.rules.number_form import a_number_between
from services.analytics.domain.spc.ewma import Ewma, EwmaState, start, step
from services.analytics.domain.spc.ruler import Placed
from shared.runtime.form import Form, one_of

Limits = Literal["exact", "asymptotic"]
"""Limits that grow as the weights fill up, or have their final width from the first window on."""

_LIMITS: tuple[Limits, ...] = get_args(Limits)
_DECODER = decoder_of(EwmaState)
_HEADLINE: Mapping[Language, Mapping[Deviation, str]] = {
    "en": {"below": "had a low moving average", "above": "had a high moving average"},
    "zh": {"below": "加权移动平均偏低", "above": "加权移动平均偏高"},
}


@dataclass(frozen=True, slots=True)
class EwmaRule(ConditionWithMemory):
    """A window at which the average lies beyond a limit."""

    kind: ClassVar[str] = "ewma"
    memory_form: ClassVar[int] = 3

    design: Ewma
    baselining: Baselining = field(default_factory=Baselining)

    def remember(self, scene: Scene, kept: bytes | None) -> Memory:
        return learned_memory(_Average(self.design), self.baselining, scene, kept=kept, decoder=_DECODER)

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        del show
        return _HEADLINE[language][side]

    def basis(self, language: Language, show: Show) -> str:
        del show
        settings = f"lambda {self.design.weight:g}, L {self.design.multiple:g}"
        return f"EWMA with {settings}" if language == "en" else f"EWMA（{settings}）"

    def body(self) -> Mapping[str, Any]:
        limits: Limits = "asymptotic" if self.design.steady else "exact"
        own = {"lambda": self.design.weight, "L": self.design.multiple, "limits": limits}
        return {**own, **baseline_body(self.baselining)}


EWMA_FIELDS = ("lambda", "L", "limits", *BASELINE_FIELDS)


def read_ewma(form: Form) -> EwmaRule:
    """The fields of its own; what is wrong is reported to the form."""
    usual = Ewma()
    limits = cast("Limits", form.read("limits", one_of(_LIMITS, "a choice of limits"), "exact"))
    design = Ewma(
        weight=form.read("lambda", a_number_between(0.05, 1), usual.weight),
        multiple=form.read("L", a_number_between(0.5, 10), usual.multiple),
        steady=limits == "asymptotic",
    )
    return EwmaRule(design, read_baselining(form))


@dataclass(frozen=True, slots=True)
class _Average:
    """`Method`: a gap leaves the average as it is. Nothing is said before the limits of the values themselves are learned."""

    design: Ewma
    judges_while_learning: bool = False

    def start(self) -> EwmaState:
        return start(self.design)

    def see(self, state: EwmaState, placed: Placed, *, joined: bool, worse: Deviation) -> tuple[EwmaState, Seen]:
        del joined, worse
        after, signals = step(self.design, state, value=placed.plotted, centre=placed.centre, sigma=placed.sigma)
        variance = placed.sigma**2 * self.design.final_variance if self.design.steady else after.variance
        half = self.design.multiple * variance**0.5
        average = placed.centre + after.distance
        return after, Seen(
            signals[0].side if signals else None,
            abs(after.distance),
            placed.centre - half,
            placed.centre + half,
            statistic=average,
        )
