"""What an indicator computes, in words: every kind of formula, filter and window, in both languages."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from services.analytics.domain.expression import parse, weighted_sum
from services.analytics.domain.formula_text import computation, counting_periods, formula_texts
from services.analytics.domain.indicator import Formula, FormulaKind, RollingWindow, TumblingWindow
from shared.calendars.windows import EVERY
from tests.unit.analytics.examples import indicator

KINDS: dict[FormulaKind, tuple[dict[str, Any], str, str]] = {
    "ratio": ({"numerator": "passed", "denominator": "inspected"}, "passed ÷ inspected", "passed ÷ inspected"),
    "sum": ({"measure": "cost"}, "sum of cost", "cost 之和"),
    "count": ({}, "number of readings", "读数个数"),
    "mean": ({"measure": "delay"}, "mean of delay", "delay 的平均值"),
    "minimum": ({"measure": "delay"}, "smallest delay", "delay 的最小值"),
    "maximum": ({"measure": "delay"}, "largest delay", "delay 的最大值"),
    "standard_deviation": ({"measure": "delay"}, "standard deviation of delay", "delay 的标准差"),
    "derived": ({"expression": parse("a*(b - c)/2")}, "a × (b - c) ÷ 2", "a × (b - c) ÷ 2"),
    "weighted_score": (
        {"expression": weighted_sum({"polite": Decimal("0.5"), "fast": Decimal("0.5")})},
        "0.5 × polite + 0.5 × fast",
        "0.5 × polite + 0.5 × fast",
    ),
    "quantile": ({"measure": "delay", "q": 0.95}, "95 % quantile of delay", "delay 的 95 % 分位数"),
}


@pytest.mark.parametrize("kind", get_args(FormulaKind))
def test_every_kind_has_words_in_both_languages(kind: FormulaKind) -> None:
    named, english, chinese = KINDS[kind]
    formula = Formula(kind, **named)
    assert (computation(formula, "en"), computation(formula, "zh")) == (english, chinese)


def test_a_median_and_a_count_of_a_measure_are_called_so() -> None:
    assert computation(Formula("quantile", measure="delay", q=0.5), "en") == "median of delay"
    assert computation(Formula("quantile", measure="delay", q=0.5), "zh") == "delay 的中位数"
    assert computation(Formula("count", measure="delay"), "en") == "number of readings with delay"
    assert computation(Formula("count", measure="delay"), "zh") == "含 delay 的读数个数"


def test_the_whole_sentence_says_filter_subject_and_period() -> None:
    formula = Formula("ratio", numerator="passed", denominator="inspected", where={"line": ("A", "B"), "shift": ("1",)})
    shown = formula_texts(indicator(formula=formula, by=("line", "product"), calendar="plant-shanghai"))
    assert shown == {
        "en": "passed ÷ inspected, where line is A or B and shift is 1, by line, product, each week (plant-shanghai)",
        "zh": "passed ÷ inspected，仅计 line 为 A 或 B 且 shift 为 1，按 line、product 分组，每周（plant-shanghai）",
    }
    assert formula_texts(indicator(by=()))["en"] == "passed ÷ inspected, each week (default)"


@pytest.mark.parametrize("every", EVERY)
def test_every_tumbling_window_has_a_name(every: Any) -> None:
    shown = counting_periods(indicator(window=TumblingWindow(every)))
    assert shown["en"] == f"each {every} (default)"
    assert shown["zh"].startswith("每")


@pytest.mark.parametrize(
    ("window", "english", "chinese"),
    [
        (RollingWindow("P4W", "P1D", "day", 28), "over 4 weeks, each day (default)", "每日滚动 4 周（default）"),
        (RollingWindow("P1Y", "P1M", "month", 12), "over 1 year, each month (default)", "每月滚动 1 年（default）"),
        (
            RollingWindow("PT1H", "PT5M", timedelta(minutes=5), 12),
            "over 1 hour, each 5 minutes (default)",
            "每 5 分钟滚动 1 小时（default）",
        ),
        (
            RollingWindow("PT1H", "PT1M", timedelta(minutes=1), 60),
            "over 1 hour, each minute (default)",
            "每 1 分钟滚动 1 小时（default）",
        ),
    ],
)
def test_rolling_windows_say_how_long_and_how_often(window: RollingWindow, english: str, chinese: str) -> None:
    assert counting_periods(indicator(window=window)) == {"en": english, "zh": chinese}
