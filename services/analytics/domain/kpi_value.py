"""A KPI value: indicator × subject × window → value, sums behind it, status and revision.

Structs of msgspec rather than dataclasses: there is one of each for every value, and they are made in a third of the time.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from shared.calendars.windows import Window

Status = Literal["provisional", "final", "restated"]
Judgement = Literal["judged", "insufficient"]

_EXACT_BELOW = 2.0**53
_DIGITS = 12
_SUBJECT = msgspec.json.Decoder(dict[str, str])


class SeriesKey(msgspec.Struct, frozen=True, gc=False):
    """Which series of windows a value belongs to.

    Attributes:
        series: 128-bit hash of the other three; see `series_of`.
        indicator_version: the version of formula and windows.
        subject: canonical JSON.
    """

    series: bytes
    indicator: str
    indicator_version: int
    subject: str
    partition: int

    @property
    def text(self) -> str:
        """Indicator and subject in one text: the key of what is published about them."""
        return f"{self.indicator}|{self.subject}"


class KpiValue(msgspec.Struct, frozen=True, gc=False):
    """One value as it now stands.

    Attributes:
        value: None for a window whose readings give none (a denominator of zero).
        numerator: Σ numerator of a ratio, Σ measure of `sum` and `mean`, the count of `count`, None for anything else.
        denominator: Σ denominator of a ratio, number of readings of a `mean`, else None.
        sample_size: number of readings.
        revision: 0 while provisional, 1 when first final, one more with each restatement.
        reading_deviation, reading_range: sample standard deviation (n - 1) of the window's readings, and largest less smallest; of a
            `mean` with two readings or more, else None.
    """

    key: SeriesKey
    window: Window
    value: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int
    judgement: Judgement
    status: Status
    revision: int
    reading_deviation: float | None = None
    reading_range: float | None = None

    @property
    def is_judged(self) -> bool:
        """Whether rules may look at it."""
        return self.judgement == "judged" and self.value is not None


def subject_values(subject: str) -> dict[str, str]:
    """Dimension → value, from canonical JSON."""
    return _SUBJECT.decode(subject)


def exact_ratio(value: KpiValue) -> tuple[int, int]:
    """The value as numerator and positive denominator; it must not be None.

    Of sums that are whole numbers exactly. Any other sum carries rounding of its own, so the value is taken to twelve significant
    digits: 0.05 is not above 0.05 because of how it was added up.
    """
    if value.value is None:
        raise ValueError("a window without a value is no number")
    top, bottom = value.numerator, value.denominator
    if top is not None and bottom is not None and bottom > 0 and is_whole(top) and is_whole(bottom):
        return int(top), int(bottom)
    return Decimal(f"{value.value:.{_DIGITS}g}").as_integer_ratio()


def is_whole(number: float) -> bool:
    """Whether it is a whole number that a double holds exactly."""
    return number.is_integer() and abs(number) < _EXACT_BELOW
