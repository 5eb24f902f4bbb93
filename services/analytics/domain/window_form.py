"""Windows of indicators as people write them, and back."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, cast

from services.analytics.domain.indicator import RollingWindow, TumblingWindow
from shared.calendars.windows import EVERY, Cut, Every
from shared.runtime.form import Form, one_of

MOST_PANES = 400
"""Of one rolling window: as many values change with each reading."""

_LENGTH = re.compile(r"^P(?:(?P<years>\d{1,4})Y|(?P<months>\d{1,4})M|(?P<weeks>\d{1,4})W|(?P<days>\d{1,5})D"
                     r"|T(?:(?P<hours>\d{1,5})H|(?P<minutes>\d{1,6})M))$")  # fmt: skip
_MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60, "weeks": 7 * 24 * 60}
_MONTHS = {"months": 1, "years": 12}
_STEPS: Mapping[str, Cut] = {
    "PT1H": "hour",
    "PT60M": "hour",
    "P1D": "day",
    "P1W": "week",
    "P1M": "month",
    "P3M": "quarter",
    "P12M": "year",
    "P1Y": "year",
}
_CHINESE = {"minutes": "分钟", "hours": "小时", "days": "天", "weeks": "周", "months": "个月", "years": "年"}
_PARTS_OF_AN_HOUR = {f"PT{minutes}M": timedelta(minutes=minutes) for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)}
_STEP_REMEDY = "use P1D, P1W, P1M, P3M, P1Y, PT1H, or minutes that divide an hour, such as PT5M"
_MISSING = "is missing; write for example {kind: tumbling, every: week} or {kind: rolling, length: P4W, step: P1D}"
_FINER = "; parts of an hour follow one another as {kind: rolling, length: PT5M, step: PT5M}"
_FALLBACK = TumblingWindow("day")


class _Length(NamedTuple):
    """A length of time in months, or in minutes of which a day has 24 times 60."""

    amount: int
    in_months: bool


def read_window(form: Form) -> TumblingWindow | RollingWindow:
    """The field `window`; what is wrong with it is reported."""
    part = form.part("window", _MISSING)
    part.only("a window", ("kind", "every", "length", "step"))
    kind = part.require(
        "kind", one_of(("tumbling", "rolling"), "a kind of window"), "", remedy="write tumbling or rolling"
    )
    wanted = {"tumbling": ("every",), "rolling": ("length", "step")}.get(kind, ("every", "length", "step"))
    for field in ("every", "length", "step"):
        if field not in wanted and part.has(field):
            part.report(field, f"means nothing to {kind}; leave it out")
    if kind == "rolling":
        return _read_rolling(part)
    if kind == "tumbling":
        every = part.require(
            "every", one_of(EVERY, "a length of window"), "day", remedy=f"use one of {', '.join(EVERY)}{_FINER}"
        )
        return TumblingWindow(cast("Every", every))
    return _FALLBACK


def window_body(window: TumblingWindow | RollingWindow) -> dict[str, Any]:
    """The window in the form in which it is stored and shown."""
    if isinstance(window, TumblingWindow):
        return {"kind": "tumbling", "every": window.every}
    return {"kind": "rolling", "length": window.length, "step": window.step}


def in_words(window: RollingWindow) -> str:
    """How long it is: `4 weeks`, `1 hour`."""
    amount, unit = _parts(window.length)
    return f"{amount} {unit if amount > 1 else unit.removesuffix('s')}"


def in_chinese(window: RollingWindow) -> str:
    """The same in Chinese: `4 周`, `1 小时`."""
    amount, unit = _parts(window.length)
    return f"{amount} {_CHINESE[unit]}"


def _read_rolling(part: Form) -> TumblingWindow | RollingWindow:
    length = part.require("length", _a_length, None, remedy="write for example P4W, PT24H or P12M")
    step = part.require("step", _a_step, None, remedy=_STEP_REMEDY)
    if length is None or step is None:
        return _FALLBACK
    long, short = _length(length), _length(step)
    if long.in_months != short.in_months or long.amount % short.amount:
        part.report("length", f"{length} is not a whole number of steps of {step}")
        return _FALLBACK
    panes = long.amount // short.amount
    if not 1 <= panes <= MOST_PANES:
        part.report("length", f"{length} is {panes} steps of {step}; there may be 1 to {MOST_PANES}")
        return _FALLBACK
    return RollingWindow(length, step, {**_STEPS, **_PARTS_OF_AN_HOUR}[step], panes)


def _a_length(value: Any) -> str:
    if not isinstance(value, str) or not _LENGTH.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a length of one unit; write for example P4W, P28D, P12M, P1Y, PT24H or PT90M"
        )
    return value


def _a_step(value: Any) -> str:
    if not isinstance(value, str) or value not in {**_STEPS, **_PARTS_OF_AN_HOUR}:
        raise ValueError(f"{value!r} is not a step; {_STEP_REMEDY}")
    return value


def _length(text: str) -> _Length:
    amount, unit = _parts(text)
    in_months = unit in _MONTHS
    return _Length(amount * (_MONTHS if in_months else _MINUTES)[unit], in_months)


def _parts(text: str) -> tuple[int, str]:
    """Amount and unit of a length that is one."""
    match = _LENGTH.fullmatch(text)
    found = {} if match is None else match.groupdict()
    [(unit, amount)] = [(unit, int(amount)) for unit, amount in found.items() if amount is not None]
    return amount, unit
