"""Which anomalies there must be: the runs of windows that miss a rule's target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from simulation.reference.values import Series, Subject, Value

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is judged. `period`: only windows that begin in it; None for all."""

    name: str
    indicator: str
    comparator: str
    target: Fraction
    for_windows: int
    clear_after: int
    subject: Mapping[str, str]
    period: Period | None = None

    def is_met(self, exact: Fraction) -> bool:
        return is_met(exact, self.comparator, self.target)


@dataclass(frozen=True, slots=True)
class Episode:
    """One anomaly as it must finally be. `cleared` is the window that ended it, None while it goes on."""

    rule: str
    subject: Subject
    raised: datetime
    cleared: datetime | None
    misses: int


def rule_from(name: str, body: Mapping[str, Any]) -> Rule:
    """A rule as it was defined."""
    return Rule(
        name=name,
        indicator=body["indicator"],
        comparator=body["comparator"],
        target=Fraction(str(body["target"])),
        for_windows=body.get("for_windows", 1),
        clear_after=body.get("clear_after", 1),
        subject=body.get("subject", {}),
    )


def is_met(exact: Fraction, comparator: str, target: Fraction) -> bool:
    outcomes = {">=": exact >= target, ">": exact > target, "<=": exact <= target, "<": exact < target}
    return outcomes[comparator]


def episodes_of(rule: Rule, series: Series) -> list[Episode]:
    """Every episode of one rule."""
    return [
        episode
        for subject, values in series.items()
        if all(dict(subject).get(name) == wanted for name, wanted in rule.subject.items())
        for episode in _walk(rule, subject, [value for value in values if _is_inside(value, rule.period)])
    ]


def _is_inside(value: Value, period: Period | None) -> bool:
    return period is None or period[0] <= value.start < period[1]


def _is_worked(start: date, end: date) -> bool:
    """Whether a day from `start` to before `end` is one from Monday to Friday."""
    return any((start + timedelta(days=number)).weekday() < 5 for number in range((end - start).days))


def _walk(rule: Rule, subject: Subject, values: Sequence[Value]) -> list[Episode]:
    found: list[Episode] = []
    missed, met, misses, raised, next_day = 0, 0, 0, None, date.max
    for value in values:
        if not value.is_judged and not _is_worked(value.first_day, value.next_day):
            continue
        if value.first_day < next_day or _is_worked(next_day, value.first_day) or not value.is_judged:
            missed, met = 0, 0
        next_day = value.next_day
        if not value.is_judged:
            continue
        good = rule.is_met(value.exact)
        missed, met = (0, met + 1) if good else (missed + 1, 0)
        if raised is None:
            if missed >= rule.for_windows:
                raised, misses = value.start, rule.for_windows
        elif not good:
            misses += 1
        elif met >= rule.clear_after:
            found.append(Episode(rule.name, subject, raised, value.start, misses))
            raised = None
    return found if raised is None else [*found, Episode(rule.name, subject, raised, None, misses)]
