"""Show rules, and how they have proved themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.analytics.domain.catalogue import Catalogue, Definition
from services.analytics.domain.errors import UnknownRule
from services.analytics.domain.rule import Rule
from services.analytics.domain.rule_statistics import NOTHING_YET, RuleStatistics
from services.analytics.domain.trial import Within, a_month
from services.analytics.ports.reading import AnalyticsReader, Readers
from shared.calendars.windows import Window


@dataclass(frozen=True, slots=True)
class Proved:
    """How a rule has proved itself.

    Attributes:
        span: in which its indicator has final values, and the rule judges; None for none.
    """

    statistics: RuleStatistics
    span: Window | None

    @property
    def issues_a_month(self) -> float | None:
        """By the time in the data, as a dry run counts; None without final values."""
        return a_month(self.statistics.issue_count, self.span)


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule of a person at its newest version."""

    definition: Definition
    proved: Proved


@dataclass(frozen=True, slots=True)
class QueryRules:
    """Raises UnknownRule."""

    readers: Readers

    def one(self, name: str) -> ShownRule:
        with self.readers() as reader:
            found = reader.definition("rule", name)
            if found is None:
                raise _unknown(name)
            return _shown(reader, [found])[0]

    def page(self, *, after: str | None, limit: int) -> Sequence[ShownRule]:
        """In order of their names."""
        with self.readers() as reader:
            return _shown(reader, reader.definitions("rule", after=after, limit=limit))

    def statistics(self, name: str) -> Proved:
        """Of any rule in force, one that follows from a goal included, and of one that is not while its anomalies are kept."""
        with self.readers() as reader:
            catalogue = reader.catalogue()
            rule = _rules(catalogue).get(name)
            statistics = reader.statistics.of_rules([name]).get(name)
            if rule is None and statistics is None:
                raise _unknown(name)
            return Proved(statistics or NOTHING_YET, None if rule is None else _span(reader, catalogue, rule))


def _unknown(name: str) -> UnknownRule:
    return UnknownRule(f"there is no rule {name!r}")


def _shown(reader: AnalyticsReader, definitions: Sequence[Definition]) -> list[ShownRule]:
    if not definitions:
        return []
    catalogue = reader.catalogue()
    rules = _rules(catalogue)
    statistics = reader.statistics.of_rules([found.name for found in definitions])
    return [
        ShownRule(found, Proved(statistics.get(found.name, NOTHING_YET), _span(reader, catalogue, rules[found.name])))
        for found in definitions
    ]


def _rules(catalogue: Catalogue) -> Mapping[str, Rule]:
    return {rule.name: rule for judging in catalogue.rules.values() for rule in judging}


def _span(reader: AnalyticsReader, catalogue: Catalogue, rule: Rule) -> Window | None:
    indicator = catalogue.indicators[rule.indicator]
    within = Within() if rule.period is None else Within(*rule.period)
    return within.cut(reader.replays.span(indicator.name, indicator.version))
