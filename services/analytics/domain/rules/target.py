"""`target`: each value by itself, against a number; optionally only where chance does not explain the miss.

The exact bounds are one-sided: binomial for shares (Clopper & Pearson 1934, "The use of confidence or fiducial limits illustrated
in the case of the binomial", Biometrika 26), Poisson for events (Garwood 1936, "Fiducial limits for the Poisson distribution",
Biometrika 28). A bound excludes the target exactly where the tail chance at the target is at most 1 - confidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, cast

from services.analytics.domain.finding import COMPARATORS, Comparator, Deviation, Finding, Language, Scene, Show
from services.analytics.domain.kpi_value import KpiValue, exact_ratio, is_whole
from services.analytics.domain.rules.number_form import a_decimal
from shared.runtime.form import Form, one_of

_MISSES: Mapping[Language, Mapping[Comparator, str]] = {
    "en": {">=": "was below", ">": "was not above", "<=": "was above", "<": "was not below"},
    "zh": {">=": "低于", ">": "未高于", "<=": "高于", "<": "未低于"},
}
_SIGN: Mapping[Comparator, str] = {">=": "≥", ">": ">", "<=": "≤", "<": "<"}


@dataclass(frozen=True, slots=True)
class Target:
    """A value that is not `comparator` `target` misses it.

    Attributes:
        comparator: what is *good*: `>=` and 0.95 say that 0.95 and more meet the target.
        target: the decimal number as it was written, in the indicator's unit.
        confidence: None to take each value as it is. Otherwise a value misses only where values at the target itself would
            lie as far off with a chance of at most 1 - confidence; windows whose sums are not whole cannot be judged then.
    """

    kind: ClassVar[str] = "target"

    comparator: Comparator
    target: Decimal
    confidence: float | None = None

    @property
    def deviation(self) -> Deviation:
        """On which side of the target the values lie that miss it."""
        return "below" if self.comparator in (">=", ">") else "above"

    @property
    def is_pointwise(self) -> bool:
        return True

    @property
    def has_two_sides(self) -> bool:
        return False

    def reads_from(self, start: datetime, scene: Scene) -> datetime:
        del scene
        return start

    def findings(self, values: Sequence[KpiValue], scene: Scene) -> Iterator[Finding | None]:
        limit, exact = float(self.target), Fraction(self.target)
        in_order, side = Finding(None, limit), self.deviation
        for value in values:
            if not value.is_judged or (self.confidence is not None and not _has_law(value, scene)):
                yield None
            elif is_met(self, value) or not self._is_significant(value):
                yield in_order
            else:
                yield Finding(side, limit, float(abs(Fraction(*exact_ratio(value)) - exact)))

    def good(self, side: Deviation) -> Comparator:
        del side
        return self.comparator

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        del side
        text = f"{_MISSES[language][self.comparator]} {show(float(self.target))}"
        if self.confidence is None:
            return text
        return f"{text} significantly" if language == "en" else f"显著{text}"

    def basis(self, language: Language, show: Show) -> str:
        word = "target" if language == "en" else "目标"
        text = f"{word} {_SIGN[self.comparator]} {show(float(self.target))}"
        if self.confidence is None:
            return text
        sure = f"{100 * self.confidence:g} %"
        return f"{text}, with {sure} confidence" if language == "en" else f"{text}，置信度 {sure}"

    def body(self) -> Mapping[str, Any]:
        target = self.target
        return {
            "comparator": self.comparator,
            "target": int(target) if target == target.to_integral_value() else float(target),
            **({} if self.confidence is None else {"significantly": {"confidence": self.confidence}}),
        }

    def _is_significant(self, value: KpiValue) -> bool:
        """Whether a value that misses the target does so by more than chance explains."""
        return self.confidence is None or self._chance(value) <= 1 - self.confidence

    def _chance(self, value: KpiValue) -> float:
        """Of a count as far off as this one or farther, were the target the truth."""
        # Imported by the first rule that asks: scipy behind it would cost every start of the service its loading.
        from services.analytics.domain.spc.distributions import (  # noqa: PLC0415 - see above
            binomial_cdf,
            binomial_tail,
            poisson_cdf,
            poisson_tail,
        )

        count, size, target = value.numerator or 0.0, value.denominator, float(self.target)
        if size is not None and count <= size and 0 <= target <= 1:
            if self.deviation == "below":
                return binomial_cdf(count, trials=int(size), chance=target)
            return binomial_tail(count - 1, trials=int(size), chance=target)
        mean = max(target, 0.0) * (1.0 if size is None else size)
        return poisson_cdf(count, mean=mean) if self.deviation == "below" else poisson_tail(count - 1, mean=mean)


def is_met(target: Target, value: KpiValue) -> bool:
    """Whether a judged value meets the target. Equality meets `>=` and `<=`.

    Compared exactly, as people compute: 979 of 1000 against 0.98 as fractions, never as rounded per cent. Where a sum is not a
    whole number it carries rounding of its own, so the value is taken to twelve significant digits: 0.05 is not above 0.05
    because of how it was added up.
    """
    top, bottom = exact_ratio(value)
    target_top, target_bottom = target.target.as_integer_ratio()
    left, right = top * target_bottom, target_top * bottom
    if target.comparator == ">=":
        return left >= right
    if target.comparator == ">":
        return left > right
    return left <= right if target.comparator == "<=" else left < right


def _has_law(value: KpiValue, scene: Scene) -> bool:
    """Whether the sums behind a value are counts, of which chance has a known law."""
    top, bottom = value.numerator, value.denominator
    if top is None or not is_whole(top) or top < 0 or scene.indicator.formula.kind not in COUNTED:
        return False
    return bottom is None or (is_whole(bottom) and bottom > 0)


def read_target(form: Form) -> Target:
    """The fields of its own; what is wrong is reported to the form."""
    comparator = form.require("comparator", one_of(COMPARATORS, "a comparator"), ">=", remedy=_says_what_is_good())
    remedy = "write the number that a good value is compared with"
    target = form.require("target", a_decimal, Decimal(0), remedy=remedy)
    return Target(cast("Comparator", comparator), target, form.read("significantly", _a_confidence, None))


def _a_confidence(value: Any) -> float:
    confidence = value.get("confidence", 0.95) if isinstance(value, Mapping) else None
    if not isinstance(confidence, float) or not 0.5 < confidence < 1 or set(value) - {"confidence"}:
        raise ValueError('write {"confidence": 0.95}, or another number between 0.5 and 1')
    return confidence


def _says_what_is_good() -> str:
    return f"say what is good, with one of {', '.join(COMPARATORS)}"


COUNTED = ("ratio", "count")
"""Formulas whose values a `Target` with a confidence can judge."""
