"""Values of one indicator as people read them; a share in per cent."""

from fractions import Fraction

from services.analytics.domain.episode import Evidence
from services.analytics.domain.finding import Language
from services.analytics.domain.indicator import Indicator

_MOST_DIGITS = 8


def reading_count(seen: Evidence, language: Language) -> str:
    """How many readings a window had."""
    count = seen.sample_size
    if language == "zh":
        return f"{count} 个读数" if count else "无读数"
    return f"{count or 'no'} reading{'' if count == 1 else 's'}"


class Figures:
    """Writes values of one indicator, so that none is rounded onto or across the limit that it was judged by."""

    def __init__(self, indicator: Indicator, language: Language) -> None:
        self._kind = indicator.formula.kind
        self._percent = indicator.is_a_share
        self._unit = " %" if self._percent else "" if indicator.unit == "1" else f" {indicator.unit}"
        self._language = language

    def value(self, seen: Evidence, *, against: float | None) -> str:
        text = self.number(seen.value, against=against)
        if seen.compared is not None:
            before = self.number(seen.compared)
            text = f"{text} after {before}" if self._language == "en" else f"{text}，此前为 {before}"
        if self._kind == "mean":
            return self._with(text, f"{seen.sample_size} readings", f"{seen.sample_size} 个读数")
        if seen.numerator is None or seen.denominator is None:
            return text
        parts = f"{seen.numerator:.12g}", f"{seen.denominator:.12g}"
        return self._with(text, f"{parts[0]} of {parts[1]}", f"{parts[0]}/{parts[1]}")

    def _with(self, text: str, english: str, chinese: str) -> str:
        return f"{text} ({english})" if self._language == "en" else f"{text}（{chinese}）"

    def number(self, value: float, *, against: float | None = None) -> str:
        """At least one decimal, and as many as it takes for the rounded number to lie on the exact one's side of the limit."""
        scale = 100 if self._percent else 1
        exact = Fraction(f"{value:.12g}") * scale
        limit = exact if against is None else Fraction(f"{against:.15g}") * scale
        for digits in range(_MOST_DIGITS):
            rounded = round(exact, digits)
            near = digits > 0 and abs(rounded - exact) * 100 <= abs(exact)
            apart = against is None or ((rounded < limit) == (exact < limit) and rounded != limit)
            if rounded == exact or (near and apart):
                break
        return f"{float(rounded):.{digits}f}{self._unit}"
