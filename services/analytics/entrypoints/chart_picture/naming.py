"""What things are called in one picture: its title, its windows, its points."""

from datetime import timedelta

from services.analytics.domain.control_chart.chart import Effect
from services.analytics.domain.indicator import RollingWindow
from services.analytics.entrypoints.chart_picture.scales import NumberForm
from services.analytics.entrypoints.chart_picture.words import Words
from services.analytics.use_cases.query_chart import ShownChart
from shared.calendars.periods import window_name
from shared.calendars.windows import Window, window_at

_MOMENT = timedelta(microseconds=1)
_SIGNS = {">=": "≥", "<=": "≤"}


class Naming:
    """Names by the indicator's calendar, in one language."""

    def __init__(self, shown: ShownChart, words: Words) -> None:
        self._shown = shown
        self._words = words
        self._fired: dict[int, list[str]] = {}
        self._effects: dict[int, Effect] = {}
        for signal in shown.chart.signals:
            self._fired.setdefault(signal.at, []).append(signal.rule.removeprefix("N"))
            self._effects.setdefault(signal.at, signal.effect)

    @property
    def title(self) -> str:
        """The indicator's title in this language, else in English, else in any, and the subject."""
        titles = self._shown.indicator.title
        title = titles.get(self._words.language) or titles.get("en") or next(iter(titles.values()))
        subject = ", ".join(f"{dimension} {value}" for dimension, value in sorted(self._shown.subject.items()))
        return f"{title} · {subject}" if subject else title

    def target(self, *, percent: bool) -> str:
        """What is good, with all digits that were written; empty without a target."""
        target = self._shown.target
        if target is None:
            return ""
        comparator = _SIGNS.get(target.condition.comparator, target.condition.comparator)
        number = (target.condition.target * (100 if percent else 1)).normalize()
        return f"{comparator} {number:f}{' %' if percent else ''}"

    def window(self, window: Window) -> str:
        """A rolling window is called by the part of the calendar that it ends with."""
        indicator, calendar = self._shown.indicator, self._shown.calendar
        cut = indicator.window.cut
        if isinstance(indicator.window, RollingWindow):
            return f"…{window_name(calendar, cut, window_at(calendar, cut, window.end - _MOMENT))}"
        return window_name(calendar, cut, window)

    def fired(self, place: int) -> list[str]:
        """The numbers of the rules that fired at a point."""
        return self._fired.get(place, [])

    def effect(self, place: int) -> Effect | None:
        """What the first of the signals at a point means; None without one."""
        return self._effects.get(place)

    def point(self, place: int, numbers: NumberForm) -> str:
        """All there is to say about a point."""
        value = self._shown.chart.points[place].value
        said = f"{self.window(value.window)}{self._words.separator}{numbers.exact(value.value or 0.0)}"
        effect, fired = self.effect(place), ", ".join(self.fired(place))
        return said if effect is None else f"{said} · {self._words.effects[effect]} · {self._words.rule} {fired}"
