"""What a value was measured by, as people read it: centre, limits, and how many windows stand behind them."""

from collections.abc import Callable, Mapping

from services.analytics.domain.finding import BEGINNING, Language, Show, Yardstick


def measured_by(kind: str, used: Yardstick, language: Language, *, show: Show) -> str:
    """`centre 96.0 %, limits 94.1 % to 97.9 %, of 24 windows; N1`"""
    said = _SAID[language]
    parts = [said["usual" if kind == "seasonal" else "centre"].format(show(used.centre))]
    write = _WRITES.get(kind, show)
    if used.statistic is not None:
        parts.append(said[kind].format(write(used.statistic)))
    if used.lower is not None and used.upper is not None:
        parts.append(said["limits"].format(write(used.lower), write(used.upper)))
    if used.points:
        parts.append(said["points"].format(used.points))
    if used.phase != BEGINNING:
        parts.append(said["phase"].format(used.phase[:10]))
    text = said["joint"].join(parts)
    return f"{text}{said['found']}{', '.join(used.patterns)}" if used.patterns else text


_WRITES: Mapping[str, Callable[[float], str]] = {
    "cusum": lambda number: f"{number:.3g}",
    "seasonal": lambda number: f"{number:.2g}" if number < 1000 else f"{number:,.0f}",
}
"""How a kind's statistic is written that is not in the indicator's unit."""

_SAID: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "centre": "centre {}",
        "usual": "usual {}",
        "ewma": "average {}",
        "cusum": "sum {} sigmas",
        "seasonal": "met once in {} windows",
        "limits": "limits {} to {}",
        "points": "from {} windows",
        "phase": "phase since {}",
        "joint": ", ",
        "found": "; ",
    },
    "zh": {
        "centre": "中心 {}",
        "usual": "通常 {}",
        "ewma": "移动平均 {}",
        "cusum": "累积和 {} 倍标准差",
        "seasonal": "每 {} 个窗口一次",
        "limits": "控制限 {} 至 {}",
        "points": "基于 {} 个窗口",
        "phase": "阶段始于 {}",
        "joint": "，",
        "found": "；",
    },
}
