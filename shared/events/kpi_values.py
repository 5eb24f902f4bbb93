"""Published by analytics on `kpi-values`."""

from typing import Literal

from shared.events.envelope import Contract, Moment

KPI_VALUE_COMPUTED = "andon.kpi-value.computed.v1"

Status = Literal["provisional", "final", "restated"]
Judgement = Literal["judged", "insufficient"]
Direction = Literal["higher_is_better", "lower_is_better"]


class WindowSpan(Contract, frozen=True):
    """Half-open, UTC."""

    start: Moment
    end: Moment


class KpiValueComputed(Contract, frozen=True):
    """The newest value of one indicator, subject and window; a later one with a higher `revision` replaces it.

    `value` is None for a window without a value. `numerator` and `denominator` are the sums behind it, so that values of
    several windows can be added up exactly: the value of their union is Σ numerator / Σ denominator (no denominator:
    Σ numerator for `sum` and `count`, the extreme for `minimum` and `maximum`). Neither holds for windows that overlap, nor
    for `standard_deviation`, `quantile`, `derived` and `weighted_score`. `shift` names the shift that the window is.
    `formula_version` is the version that the value is computed by where versions have a date of effect, and so several are of one
    series; None where it is `indicator_version`.
    """

    indicator: str
    indicator_version: int
    formula: str
    direction: Direction
    subject: dict[str, str]
    window: WindowSpan
    value: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int
    status: Status
    judgement: Judgement
    revision: int
    shift: str | None = None
    formula_version: int | None = None
