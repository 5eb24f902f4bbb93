"""Words for windows, subjects and how often, in each language."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from services.analytics.domain.finding import Language, Scene
from services.analytics.domain.indicator import RollingWindow
from services.analytics.domain.window_form import in_chinese, in_words
from shared.calendars.windows import Window, shift_name

_PERIODS = {
    "hour": "小时",
    "shift": "个班次",
    "day": "天",
    "week": "周",
    "month": "个月",
    "quarter": "个季度",
    "year": "年",
}


class Words(Protocol):
    """What every sentence is made of."""

    def value_in(self, figure: str, window: Window) -> str: ...

    def joined(self, values: Sequence[str], earlier: int) -> str: ...

    def how_often(self, times: int, *, is_running: bool) -> str: ...

    def sentence(self, *, subject: Mapping[str, str], headline: str, how_often: str, rest: tuple[str, str]) -> str: ...

    def cleared_by(self, figure: str, window: Window, *, after: int) -> str:
        """By the last of `after` windows in order."""
        ...


def words_in(language: Language, scene: Scene) -> Words:
    return English(scene) if language == "en" else Chinese(scene)


class English:
    """`Words`."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def sentence(self, *, subject: Mapping[str, str], headline: str, how_often: str, rest: tuple[str, str]) -> str:
        of = f" of {_pairs(subject)}" if subject else ""
        return f"{_name(self._scene, 'en')}{of} {headline} in {how_often}: {rest[0]}; {rest[1]}"

    def value_in(self, figure: str, window: Window) -> str:
        return f"{figure} in {self._window(window)}"

    def joined(self, values: Sequence[str], earlier: int) -> str:
        text = ", ".join(values)
        return f"{earlier} earlier, then {text}" if earlier else text

    def cleared_by(self, figure: str, window: Window, *, after: int) -> str:
        run = "" if after == 1 else f"{self.how_often(after, is_running=True)} in order, the last "
        return f"; cleared by {run}{self.value_in(figure, window)}"

    def how_often(self, times: int, *, is_running: bool) -> str:
        window = self._scene.indicator.window
        one, many = ("window", "windows") if isinstance(window, RollingWindow) else (window.every, f"{window.every}s")
        of = f" of {in_words(window)}" if isinstance(window, RollingWindow) else ""
        return f"one {one}{of}" if times == 1 else f"{times} {many}{of}{' running' if is_running else ''}"

    def _window(self, span: Window) -> str:
        local = span.start.astimezone(self._scene.calendar.zone)
        window = self._scene.indicator.window
        if isinstance(window, RollingWindow):
            return f"the {in_words(window)} to {_last_moment(span, window, self._scene)}"
        if window.every == "hour":
            return f"the hour of {local:%Y-%m-%d %H:%M}"
        if window.every == "shift":
            name = shift_name(self._scene.calendar, span.start)
            between = f"the time from {local:%Y-%m-%d %H:%M} between shifts"
            return f"the {name} shift of {local:%Y-%m-%d}" if name else between
        return {
            "day": f"the day {local:%Y-%m-%d}",
            "month": f"the month {local:%Y-%m}",
            "year": f"the year of {local:%Y-%m-%d}",
        }.get(window.every, f"the {window.every} of {local:%Y-%m-%d}")


class Chinese:
    """`Words`."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def sentence(self, *, subject: Mapping[str, str], headline: str, how_often: str, rest: tuple[str, str]) -> str:
        of = f"{_pairs(subject)} 的" if subject else ""
        return f"{of}{_name(self._scene, 'zh')}{how_often}{headline}：{rest[0]}；{rest[1]}"

    def value_in(self, figure: str, window: Window) -> str:
        return f"{self._window(window)} {figure}"

    def joined(self, values: Sequence[str], earlier: int) -> str:
        text = "、".join(values)
        return f"此前 {earlier} 次，其后 {text}" if earlier else text

    def cleared_by(self, figure: str, window: Window, *, after: int) -> str:
        run = "" if after == 1 else f"{self.how_often(after, is_running=True)}正常后"
        return f"；{run}已由 {self.value_in(figure, window)} 解除"

    def how_often(self, times: int, *, is_running: bool) -> str:
        window = self._scene.indicator.window
        if isinstance(window, RollingWindow):
            unit, length = "个窗口", f"（{in_chinese(window)}）"
        else:
            unit, length = _PERIODS[window.every], ""
        if times == 1:
            return f"有一{unit}{length}"
        return f"{'连续' if is_running else '共有'} {times} {unit}{length}"

    def _window(self, span: Window) -> str:
        local = span.start.astimezone(self._scene.calendar.zone)
        window = self._scene.indicator.window
        if isinstance(window, RollingWindow):
            return f"截至 {_last_moment(span, window, self._scene)} 的 {in_chinese(window)}"
        if window.every == "shift":
            name = shift_name(self._scene.calendar, span.start)
            return f"{local:%Y-%m-%d} {name} 班" if name else f"{local:%Y-%m-%d %H:%M} 起的班次间隔"
        return {
            "hour": f"{local:%Y-%m-%d %H:%M} 起一小时",
            "day": f"{local:%Y-%m-%d}",
            "week": f"{local:%Y-%m-%d} 当周",
            "month": f"{local:%Y-%m} 月",
            "quarter": f"{local:%Y-%m-%d} 起的季度",
            "year": f"{local:%Y-%m-%d} 起的年度",
        }[window.every]


def _name(scene: Scene, language: Language) -> str:
    title = scene.indicator.title
    return title.get(language) or title.get("en") or next(iter(title.values()), scene.indicator.name)


def _pairs(subject: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in subject.items())


def _last_moment(span: Window, window: RollingWindow, scene: Scene) -> str:
    """The last day, or where steps are shorter the end."""
    end = span.end.astimezone(scene.calendar.zone)
    if window.cut == "hour" or isinstance(window.cut, timedelta):
        return f"{end:%Y-%m-%d %H:%M}"
    return f"{end.date() - timedelta(days=1)}"
