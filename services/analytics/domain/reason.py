"""Why an anomaly was raised, as a sentence with the numbers, in each language."""

from collections.abc import Mapping
from itertools import pairwise

from services.analytics.domain.episode import Episode, Evidence
from services.analytics.domain.figures import Figures, reading_count
from services.analytics.domain.finding import Language, Scene
from services.analytics.domain.measured import measured_by
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.domain.wording import words_in

_SHOWN = 4
_OF_EACH: Mapping[Language, str] = {"en": " of each of ", "zh": "，且每个组成指标都有："}
_COLON: Mapping[Language, str] = {"en": ": ", "zh": "："}


def reason(episode: Episode, *, rule: Rule, scene: Scene, subject: Mapping[str, str], language: Language) -> str:
    """`First-pass yield of line=A was below 95 % in 2 weeks running: 94.3 % (943 of 1000) in the week of 2024-01-01, …`"""
    words, figures = words_in(language, scene), Figures(scene.indicator, language)

    def figure(seen: Evidence) -> str:
        if isinstance(rule.condition, MissingData):
            return reading_count(seen, language)
        return _figure(seen, figures)

    shown = [words.value_in(figure(seen), seen.window) for seen in episode.evidence[-_SHOWN:]]
    more = episode.misses - len(shown)
    values = words.joined(shown, more)

    def show(limit: float) -> str:
        return figures.number(limit, against=limit)

    headline = rule.condition.headline(language, episode.side or "below", show)
    how_often = words.how_often(episode.misses, is_running=_is_running(episode, scene))
    basis, used = rule.condition.basis(language, show), episode.evidence[-1].yardstick
    if isinstance(rule.condition, MissingData) and scene.indicator.formula.parts:
        basis = f"{basis}{_OF_EACH[language]}{words.joined(scene.indicator.formula.parts, 0)}"
    if used is not None:
        basis = f"{basis}{_COLON[language]}{measured_by(rule.condition.kind, used, language, show=figures.number)}"
    sentence = words.sentence(subject=subject, headline=headline, how_often=how_often, rest=(values, basis))
    if episode.clearing is None:
        return sentence
    return sentence + words.cleared_by(figure(episode.clearing), episode.clearing.window, after=rule.clear_after)


def _figure(seen: Evidence, figures: Figures) -> str:
    """Where a statistic is compared in its place, the value itself lies on no particular side."""
    in_its_place = seen.yardstick is not None and seen.yardstick.statistic is not None
    return figures.value(seen, against=None if in_its_place else seen.limit)


def _is_running(episode: Episode, scene: Scene) -> bool:
    unbroken = all(scene.follows(one.window, later.window) for one, later in pairwise(episode.evidence))
    return unbroken and len(episode.evidence) == episode.misses
