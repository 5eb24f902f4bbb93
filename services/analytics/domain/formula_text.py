"""What an indicator computes, in words that people can read: made from its definition, never typed."""

from collections.abc import Mapping
from datetime import timedelta

from services.analytics.domain.expression import show
from services.analytics.domain.finding import LANGUAGES, Language
from services.analytics.domain.indicator import Formula, Indicator, RollingWindow
from services.analytics.domain.window_form import in_chinese, in_words
from shared.calendars.windows import Cut

_OF_MEASURE: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "sum": "sum of {0}",
        "mean": "mean of {0}",
        "minimum": "smallest {0}",
        "maximum": "largest {0}",
        "standard_deviation": "standard deviation of {0}",
    },
    "zh": {
        "sum": "{0} 之和",
        "mean": "{0} 的平均值",
        "minimum": "{0} 的最小值",
        "maximum": "{0} 的最大值",
        "standard_deviation": "{0} 的标准差",
    },
}
_ENGLISH_CUT = {"shift": "each shift", "hour": "each hour", "day": "each day", "week": "each week"} | {
    "month": "each month",
    "quarter": "each quarter",
    "year": "each year",
}
_CHINESE_CUT = {"shift": "每班次", "hour": "每小时", "day": "每日", "week": "每周"} | {
    "month": "每月",
    "quarter": "每季度",
    "year": "每年",
}


def formula_texts(indicator: Indicator) -> dict[str, str]:
    """Language → for example `passed ÷ inspected, where line is A or B, by product, each week (plant-shanghai)`."""
    return {language: _sentence(indicator, language) for language in LANGUAGES}


def counting_periods(indicator: Indicator) -> dict[str, str]:
    """Language → for example `each week (plant-shanghai)` or `over 4 weeks, each day (default)`."""
    return {language: _period(indicator, language) for language in LANGUAGES}


def computation(formula: Formula, language: Language) -> str:
    """The formula alone, without filter, subject and period."""
    if formula.expression is not None:
        return show(formula.expression)
    if formula.kind == "ratio":
        return f"{formula.numerator} ÷ {formula.denominator}"
    if formula.kind == "count":
        return _count(formula.measure, language)
    if formula.kind == "quantile":
        return _quantile(formula, language)
    return _OF_MEASURE[language][formula.kind].format(formula.measure)


def _sentence(indicator: Indicator, language: Language) -> str:
    parts = [
        computation(indicator.formula, language),
        *_filters(indicator.formula, language),
        *_subject(indicator.by, language),
        _period(indicator, language),
    ]
    return (", " if language == "en" else "，").join(parts)


def _count(measure: str | None, language: Language) -> str:
    if language == "en":
        return "number of readings" if measure is None else f"number of readings with {measure}"
    return "读数个数" if measure is None else f"含 {measure} 的读数个数"


def _quantile(formula: Formula, language: Language) -> str:
    if formula.q == 0.5:
        return f"median of {formula.measure}" if language == "en" else f"{formula.measure} 的中位数"
    part = f"{100 * (formula.q or 0):.12g} %"
    return f"{part} quantile of {formula.measure}" if language == "en" else f"{formula.measure} 的 {part} 分位数"


def _filters(formula: Formula, language: Language) -> list[str]:
    if language == "en":
        said = [f"{dimension} is {' or '.join(values)}" for dimension, values in formula.where.items()]
        return [f"where {' and '.join(said)}"] if said else []
    said = [f"{dimension} 为 {' 或 '.join(values)}" for dimension, values in formula.where.items()]
    return [f"仅计 {' 且 '.join(said)}"] if said else []


def _subject(by: tuple[str, ...], language: Language) -> list[str]:
    if not by:
        return []
    return [f"by {', '.join(by)}"] if language == "en" else [f"按 {'、'.join(by)} 分组"]


def _period(indicator: Indicator, language: Language) -> str:
    window = indicator.window
    step = _step(window.cut, language)
    if language == "en":
        text = f"over {in_words(window)}, {step}" if isinstance(window, RollingWindow) else step
        return f"{text} ({indicator.calendar})"
    text = f"{step}滚动 {in_chinese(window)}" if isinstance(window, RollingWindow) else step
    return f"{text}（{indicator.calendar}）"


def _step(cut: Cut, language: Language) -> str:
    if isinstance(cut, timedelta):
        minutes = cut // timedelta(minutes=1)
        if language == "zh":
            return f"每 {minutes} 分钟"
        return "each minute" if minutes == 1 else f"each {minutes} minutes"
    return (_ENGLISH_CUT if language == "en" else _CHINESE_CUT)[cut]
