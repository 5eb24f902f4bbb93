"""Every word of a picture, in English and in Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.analytics.domain.control_chart.chart import ChartPhase, Effect, State
from services.analytics.domain.spc.assurance import Verdict
from services.analytics.domain.spc.chart_choice import Chart, ChartChoice, Reason


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Texts with braces take `count`, `number` or `text`."""

    language: str
    upper: str
    centre: str
    lower: str
    target: str
    value: str
    open_window: str
    limits: str
    baseline: str
    rule: str
    empty: str
    phase: str
    effects: Mapping[Effect, str]
    states: Mapping[State, str]
    verdicts: Mapping[Verdict, str]
    charts: Mapping[Chart, str]
    reasons: Mapping[Reason, str]
    separator: str = ": "

    def state_of(self, phase: ChartPhase) -> str:
        return self.states[phase.state].format(count=phase.points_behind)

    def kind(self, choice: ChartChoice) -> str:
        """Which chart, and why."""
        return f"{self.charts[choice.chart]}{self.separator}{self.reasons[choice.reason]}"


ENGLISH = Words(
    language="en",
    upper="UCL",
    centre="mean",
    lower="LCL",
    target="target",
    value="window",
    open_window="window still open",
    limits="control limits",
    baseline="windows that set the limits",
    rule="rule that fired; a number is Nelson's",
    empty="no values yet",
    phase="Phase {number}",
    effects={
        "worse": "signal, worse",
        "better": "signal, better",
        "unclear": "signal",
    },
    states={
        "waiting": "waiting: too few windows for limits",
        "learning": "learning, {count} windows: wide limits",
        "frozen": "limits of {count} windows, frozen",
    },
    verdicts={
        "capable": "capable, it keeps meeting the target",
        "hit_or_miss": "hit or miss, chance decides",
        "not_capable": "not capable, it cannot meet the target",
        "unknown": "no limits yet",
    },
    charts={
        "p": "p chart",
        "u": "u chart",
        "c": "c chart",
        "p-exact": "p chart, exact limits",
        "u-exact": "u chart, exact limits",
        "c-exact": "c chart, exact limits",
        "p-prime": "Laney p′ chart",
        "u-prime": "Laney u′ chart",
        "xmr": "XmR chart",
        "t": "t chart",
        "g": "g chart",
        "xbar-s": "x̄-s chart",
        "xbar-r": "x̄-R chart",
        "s": "s chart",
    },
    reasons={
        "share-of-a-whole": "a share of so many trials scatters binomially",
        "events-per-unit": "events per unit of a varying area scatter like Poisson counts",
        "events-per-window": "events per window scatter like Poisson counts",
        "small-counts": "fewer than five are expected, so limits come from the exact distribution",
        "over-dispersed": "points scatter more than chance explains, and the limits allow for it",
        "not-whole-counts": "numerators are not counts, so the ratio is charted as a single value",
        "mean-of-a-subgroup": "the spread within the windows explains how their means scatter",
        "spread-of-a-subgroup": "the standard deviation of each window has limits of its own",
        "subgroups-explain-too-little": "means scatter more than the spread within the windows explains",
        "spreads-differ": "standard deviations scatter more than those of normal readings would",
        "subgroups-too-small": "windows of a single reading have no spread",
        "single-values": "each value is judged by how values move from window to window",
        "asked-for": "as asked for",
        "given": "centre and sigma are given",
    },
)

CHINESE = Words(
    language="zh",
    upper="上限",
    centre="中心线",
    lower="下限",
    target="目标",
    value="统计窗口",
    open_window="未关闭的窗口",
    limits="控制限",
    baseline="用于计算控制限的窗口",
    rule="触发的准则（数字为尼尔逊准则编号）",
    empty="暂无数据",
    phase="阶段 {number}",
    effects={
        "worse": "信号：变差",
        "better": "信号：变好",
        "unclear": "信号",
    },
    states={
        "waiting": "等待中：数据不足，尚无控制限",
        "learning": "学习中（{count} 个窗口）：控制限已放宽",
        "frozen": "控制限由 {count} 个窗口确定，已冻结",
    },
    verdicts={
        "capable": "能力充足，可持续达标",
        "hit_or_miss": "时达时不达，取决于随机波动",
        "not_capable": "能力不足，无法达标",
        "unknown": "尚无控制限",
    },
    charts={
        "p": "p 图",
        "u": "u 图",
        "c": "c 图",
        "p-exact": "p 图（精确控制限）",
        "u-exact": "u 图（精确控制限）",
        "c-exact": "c 图（精确控制限）",
        "p-prime": "Laney p′ 图",
        "u-prime": "Laney u′ 图",
        "xmr": "单值–移动极差图 (XmR)",
        "t": "t 图",
        "g": "g 图",
        "xbar-s": "x̄-s 图",
        "xbar-r": "x̄-R 图",
        "s": "s 图",
    },
    reasons={
        "share-of-a-whole": "若干次试验中的比率服从二项分布",
        "events-per-unit": "单位面积内的事件数服从泊松分布",
        "events-per-window": "每个窗口的事件数服从泊松分布",
        "small-counts": "期望数小于五，控制限由精确分布得出",
        "over-dispersed": "波动超出随机所能解释的范围，控制限已作修正",
        "not-whole-counts": "分子不是计数，按单值作图",
        "mean-of-a-subgroup": "窗口内的波动可以解释均值的波动",
        "spread-of-a-subgroup": "每个窗口的标准差有各自的控制限",
        "subgroups-explain-too-little": "均值的波动大于窗口内波动所能解释的范围",
        "spreads-differ": "各窗口标准差的波动超出正态数据的范围，按单值作图",
        "subgroups-too-small": "窗口内只有一个读数，没有组内波动",
        "single-values": "按相邻窗口之间的变化判断每个值",
        "asked-for": "按指定",
        "given": "中心线与标准差由规则给定",
    },
    separator="：",
)

LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "zh": CHINESE}
