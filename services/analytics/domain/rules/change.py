"""`change_from_previous`: each value against that of the window before it, or of the same window one year before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, ClassVar, Literal, cast, get_args

from services.analytics.domain.effective_dates import are_alike
from services.analytics.domain.episode import context_begins, windows_before
from services.analytics.domain.finding import (
    REPORTS,
    Comparator,
    Deviation,
    Finding,
    Language,
    Reports,
    Scene,
    Show,
)
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rules.number_form import a_size
from shared.calendars.windows import window_at
from shared.runtime.form import Form, one_of

Against = Literal["previous", "year_before"]

_AGAINST: tuple[Against, ...] = get_args(Against)
_DIGITS = 12
_DOUBTFUL = 1e-9
"""Of the sum of all sizes concerned; far more than doubles round, so that beyond it they decide rightly."""

_VERBS: Mapping[Language, Mapping[Deviation, str]] = {
    "en": {"below": "fell", "above": "rose"},
    "zh": {"below": "下降", "above": "上升"},
}
_REFERENCE: Mapping[Language, Mapping[Against, str]] = {
    "en": {"previous": "against the window before", "year_before": "against the year before"},
    "zh": {"previous": "较上一窗口", "year_before": "较上年同期"},
}


@dataclass(frozen=True, slots=True)
class ChangeFromPrevious:
    """A value that has changed by more than is allowed.

    Attributes:
        most: the largest change that is in order, in the indicator's unit, or as a share of the earlier value.
        relative: whether `most` is a share; an earlier value of 0 gives none, and its window cannot be judged.
        against: the window directly before; or the same day, week, month, quarter or year one year before.
        reports: changes for the worse alone, by the indicator's direction, or both.
    """

    kind: ClassVar[str] = "change_from_previous"

    most: float
    relative: bool = True
    against: Against = "previous"
    reports: Reports = "both"

    @property
    def is_pointwise(self) -> bool:
        return False

    @property
    def has_two_sides(self) -> bool:
        return True

    def reads_from(self, start: datetime, scene: Scene) -> datetime:
        if self.against == "previous":
            return windows_before(start, 1, scene)
        return context_begins(start, "year", 1)

    def findings(self, values: Sequence[KpiValue], scene: Scene) -> Iterator[Finding | None]:
        by_start = {value.window.start: value for value in values} if self.against == "year_before" else {}
        follows = scene.follows
        newest: KpiValue | None = None
        for value in values:
            if self.against == "year_before":
                earlier = by_start.get(_year_before(value.window.start, scene))
            else:
                earlier = newest if newest is not None and follows(newest.window, value.window) else None
            if value.is_judged or not scene.is_break(value.window):
                newest = value
            yield self._finding(value, earlier, scene)

    def _finding(self, value: KpiValue, earlier: KpiValue | None, scene: Scene) -> Finding | None:
        if earlier is None or not (value.is_judged and earlier.is_judged):
            return None
        if not are_alike(scene.indicator, earlier.window.start, value.window.start):
            return None  # another formula makes another figure: the difference says nothing of the process
        now, before = cast("float", value.value), cast("float", earlier.value)
        if self.relative and before == 0:
            return None
        allowed = self.most * abs(before) if self.relative else self.most
        side: Deviation = "below" if now < before else "above"
        limit = before - allowed if side == "below" else before + allowed
        if not self._is_more(now, before, allowed) or not self._is_reported(side, scene):
            return Finding(None, limit, compared=before)
        size = abs(now - before)
        return Finding(side, limit, size / abs(before) if self.relative else size, before)

    def _is_more(self, now: float, before: float, allowed: float) -> bool:
        """Whether the change exceeds what is allowed; where doubles cannot tell, as people compute."""
        excess = abs(now - before) - allowed
        if abs(excess) > _DOUBTFUL * (abs(now) + abs(before) + allowed):
            return excess > 0
        exact_before, most = _exact(before), _exact(self.most)
        exact_allowed = most * abs(exact_before) if self.relative else most
        return abs(_exact(now) - exact_before) > exact_allowed

    def _is_reported(self, side: Deviation, scene: Scene) -> bool:
        return self.reports == "both" or side == scene.worse

    def good(self, side: Deviation) -> Comparator:
        return ">=" if side == "below" else "<="

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        verb, reference, most = _VERBS[language][side], _REFERENCE[language][self.against], self._most(show)
        return f"{verb} by more than {most} {reference}" if language == "en" else f"{reference}{verb}超过 {most}"

    def basis(self, language: Language, show: Show) -> str:
        most = self._most(show)
        return f"allowed is a change of {most}" if language == "en" else f"允许变化 {most}"

    def _most(self, show: Show) -> str:
        return f"{100 * self.most:.12g} %" if self.relative else show(self.most)

    def body(self) -> Mapping[str, Any]:
        amount = "more_than_share" if self.relative else "more_than"
        return {amount: self.most, "against": self.against, "reports": self.reports}


CHANGE_FIELDS = ("more_than", "more_than_share", "against", "reports")


def read_change(form: Form) -> ChangeFromPrevious:
    """The fields of its own; what is wrong is reported to the form."""
    if form.has("more_than") == form.has("more_than_share"):
        form.report("more_than", "write either more_than, in the indicator's unit, or more_than_share, such as 0.1")
    relative = form.has("more_than_share")
    return ChangeFromPrevious(
        most=form.read("more_than_share" if relative else "more_than", a_size, 0.0),
        relative=relative,
        against=cast("Against", form.read("against", one_of(_AGAINST, "a window to compare with"), "previous")),
        reports=cast("Reports", form.read("reports", one_of(REPORTS, "a choice of changes"), "both")),
    )


YEARLY = ("day", "week", "month", "quarter", "year")
"""How calendars are cut into windows that have a like one year before."""


def _year_before(start: datetime, scene: Scene) -> datetime:
    """Start of the window that is the same one a year before.

    Weeks have it 52 weeks before, so that weekdays agree; days on the same date (29 February on the 28th), months, quarters and
    years where the same date falls. A rolling window begins where its like does.
    """
    calendar, cut = scene.calendar, scene.indicator.window.cut
    local = start.astimezone(calendar.zone)
    day = local.date() - timedelta(weeks=52) if cut == "week" else _same_date(local.date())
    noon = datetime.combine(day, time(12), tzinfo=calendar.zone)
    return window_at(calendar, cut, noon.astimezone(UTC)).start


def _same_date(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _exact(value: float) -> Fraction:
    """To twelve significant digits, so that 0.1 is a tenth however it was computed."""
    return Fraction(f"{value:.{_DIGITS}g}")
