"""Everything that Andon should say of the flights: values, stretches of trouble, issues, attainment. Plain Python only."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from services.cli.demo.expected_values import Series, Span, Subject, Value, Values, expected_values
from services.cli.demo.flights import Row

WINDOWS_TO_MISS_A_GOAL = 2


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of trouble: the window that completed the run, and the one that ended it (None: it goes on).

    `rule` is the name of a rule, or `goal <name>`.
    """

    rule: str
    indicator: str
    subject: Subject
    raised: Span
    cleared: Span | None


@dataclass(frozen=True, slots=True)
class Attained:
    """A goal over its whole period; nothing but None where no flight counts."""

    numerator: int | None
    denominator: int | None
    is_met: bool | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What Andon should say. `issues`: indicator and subject → occurrences of the one issue about them."""

    values: Values
    episodes: frozenset[Episode]
    issues: Mapping[tuple[str, Subject], int]
    attained: Mapping[str, Attained]


@dataclass(frozen=True, slots=True)
class _Target:
    """A rule or a goal. It judges the windows that begin in `year`, or all."""

    name: str
    indicator: str
    subject: Subject
    comparator: str
    target: Fraction
    for_windows: int
    year: str = ""

    def judges(self, span: Span) -> bool:
        return span[0].startswith(self.year)

    def is_met(self, numerator: int, denominator: int) -> bool:
        """Compared as fractions, so that 75 of 100 meets 0.75."""
        found = Fraction(numerator, denominator)
        return found >= self.target if self.comparator == ">=" else found <= self.target


def expect(rows: Iterable[Row], definitions: Mapping[str, Mapping[str, Any]]) -> Expectation:
    """Compute everything from the rows.

    Args:
        definitions: sections as in the YAML files. Targets and least samples are taken from them, formulas are not.
    """
    values = expected_values(rows, {name: body["minimum_sample"] for name, body in definitions["indicators"].items()})
    goals = list(_goals(definitions))
    episodes = [episode for target in (*_rules(definitions), *goals) for episode in _episodes(target, values)]
    return Expectation(
        values=values,
        episodes=frozenset(episodes),
        issues=Counter((episode.indicator, episode.subject) for episode in episodes),
        attained={goal.name.removeprefix("goal "): _attained(goal, values) for goal in goals},
    )


def _rules(definitions: Mapping[str, Mapping[str, Any]]) -> Iterator[_Target]:
    for name, body in definitions["rules"].items():
        yield _target(name, body, for_windows=body.get("for_windows", 1), year="")


def _goals(definitions: Mapping[str, Mapping[str, Any]]) -> Iterator[_Target]:
    for year, goal_set in definitions["goal_sets"].items():
        for name, body in goal_set["goals"].items():
            yield _target(f"goal {name}", body, for_windows=WINDOWS_TO_MISS_A_GOAL, year=year)


def _target(name: str, body: Mapping[str, Any], *, for_windows: int, year: str) -> _Target:
    return _Target(
        name=name,
        indicator=body["indicator"],
        subject=tuple(body.get("subject", {}).items()),
        comparator=body["comparator"],
        target=Fraction(str(body["target"])),
        for_windows=for_windows,
        year=year,
    )


def _episodes(target: _Target, values: Values) -> Iterator[Episode]:
    for (indicator, subject), series in values.items():
        if indicator == target.indicator and set(target.subject) <= set(subject):
            for raised, cleared in _stretches(target, series):
                yield Episode(target.name, indicator, subject, raised, cleared)


def _stretches(target: _Target, series: Series) -> Iterator[tuple[Span, Span | None]]:
    """A run of misses is over windows that follow one another; one that cannot be judged ends the run, but no stretch."""
    raised: Span | None = None
    missed = 0
    ended = ""
    for span, value in series.items():
        if not target.judges(span):
            continue
        missed = missed if span[0] == ended else 0
        ended = span[1]
        if _misses(target, value):
            missed += 1
            raised = raised or (span if missed >= target.for_windows else None)
            continue
        missed = 0
        if raised is not None and value.judged:
            yield raised, span
            raised = None
    if raised is not None:
        yield raised, None


def _misses(target: _Target, value: Value) -> bool:
    return value.judged and not target.is_met(value.numerator, value.denominator)


def _attained(goal: _Target, values: Values) -> Attained:
    series = values.get((goal.indicator, goal.subject), {})
    inside = [value for span, value in series.items() if goal.judges(span)]
    numerator, denominator = sum(value.numerator for value in inside), sum(value.denominator for value in inside)
    if denominator == 0:
        return Attained(None, None, None)
    return Attained(numerator, denominator, goal.is_met(numerator, denominator))
