"""`control_chart`: the signals of the control chart of a series, by the run rules that were chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from services.analytics.domain.condition_with_memory import ConditionWithMemory
from services.analytics.domain.control_chart.baselining import Baselining
from services.analytics.domain.finding import Deviation, Language, Memory, Scene, Show
from services.analytics.domain.rules.baseline_form import BASELINE_FIELDS, baseline_body, read_baselining
from services.analytics.domain.rules.learned import Seen, decoder_of, learned_memory
from services.analytics.domain.rules.run_rule_form import RunRuleChoice, read_run_rules
from services.analytics.domain.spc.judging import RuleSet, RunState, judge, start
from services.analytics.domain.spc.ruler import Placed
from shared.runtime.form import Form

_DECODER = decoder_of(RunState)

_HEADLINE: Mapping[Language, Mapping[Deviation, str]] = {
    "en": {"below": "was out of control, low,", "above": "was out of control, high,"},
    "zh": {"below": "失控（偏低）", "above": "失控（偏高）"},
}


@dataclass(frozen=True, slots=True)
class ControlChartRule(ConditionWithMemory):
    """A window at which a run rule fires on the chart of its series.

    Where patterns lie on both sides the worse one counts. A pattern without a side (alternating, hugging, avoiding the centre) counts as one for the worse: nobody can call it an
    improvement.
    """

    kind: ClassVar[str] = "control_chart"
    memory_form: ClassVar[int] = 3

    run_rules: tuple[RunRuleChoice, ...]
    rules: RuleSet
    baselining: Baselining = field(default_factory=Baselining)

    def remember(self, scene: Scene, kept: bytes | None) -> Memory:
        return learned_memory(_Signals(self.rules), self.baselining, scene, kept=kept, decoder=_DECODER)

    def headline(self, language: Language, side: Deviation, show: Show) -> str:
        del show
        return _HEADLINE[language][side]

    def basis(self, language: Language, show: Show) -> str:
        del show
        names = ", ".join(rule.name for rule in self.rules.rules)
        return f"control chart with rules {names}" if language == "en" else f"控制图判异准则 {names}"

    def body(self) -> Mapping[str, Any]:
        return {"run_rules": [choice.body() for choice in self.run_rules], **baseline_body(self.baselining)}


CONTROL_CHART_FIELDS = ("run_rules", *BASELINE_FIELDS)


def read_control_chart(form: Form) -> ControlChartRule:
    """The fields of its own; what is wrong is reported to the form."""
    choices = read_run_rules(form)
    rules = RuleSet(tuple(choice.rule for choice in choices))
    return ControlChartRule(choices, rules, read_baselining(form))


@dataclass(frozen=True, slots=True)
class _Signals:
    """`Method`: each stretch of windows that follow one another is judged by itself, as on the chart."""

    rules: RuleSet
    judges_while_learning: bool = True

    def start(self) -> RunState:
        return start(self.rules)

    def see(self, state: RunState, placed: Placed, *, joined: bool, worse: Deviation) -> tuple[RunState, Seen]:
        before = state if joined else start(self.rules)
        after, signals = judge(self.rules, before, value=placed.plotted, z=placed.z)
        if not signals:
            return after, Seen(None, 0.0, placed.lower, placed.upper)
        sides = {signal.side or worse for signal in signals}
        side = worse if worse in sides else sides.pop()
        patterns = tuple(signal.rule for signal in signals)
        distance = abs(placed.plotted - placed.centre)
        return after, Seen(side, distance, placed.lower, placed.upper, patterns=patterns)
