"""Which anomalies there must be: the runs of windows that are at fault by a rule."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import Any

from simulation.reference.missing import expected, least_readings
from simulation.reference.values import Series, Subject, Value

Period = tuple[datetime, datetime]


Misses = Callable[[Value, Value | None], bool | None]
"""Whether a judged value is at fault, given the judged value of the window directly before it, if there is one; None: nobody can tell.

Only weekends may lie between the two. Asked of the judged values of one subject in order, for it may remember those before.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is judged.

    Attributes:
        judge: gives one for each subject.
        sees: what it judges of a subject's values.
        may_come_late: whether an anomaly was right although its windows are in order by now: their data came after they were due.
        period: only windows that begin in it; None for all.
    """

    name: str
    indicator: str
    judge: Callable[[], Misses]
    for_windows: int
    of: int
    clear_after: int
    subject: Mapping[str, str]
    sees: Callable[[Sequence[Value]], Sequence[Value]] = tuple
    may_come_late: bool = False
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One anomaly as it must finally be. `cleared` is the window that ended it, None while it goes on."""

    rule: str
    subject: Subject
    raised: datetime
    cleared: datetime | None
    misses: int

    def overlaps(self, other: "Episode") -> bool:
        """Whether both are of the same rule and subject, and some window belongs to both."""
        return (self.rule, self.subject) == (other.rule, other.subject) and (
            (self.cleared is None or other.raised < self.cleared)
            and (other.cleared is None or self.raised < other.cleared)
        )


def rule_from(name: str, body: Mapping[str, Any], indicator: Mapping[str, Any], *, calendar: Mapping[str, Any]) -> Rule:
    """A rule as it was defined, on the indicator and its calendar as they were."""
    is_about_missing = body["kind"] == "missing_data"
    return Rule(
        name=name,
        indicator=body["indicator"],
        judge=partial(JUDGES[body["kind"]], body, indicator["direction"]),
        for_windows=body.get("for_windows", 1),
        of=body.get("of", body.get("for_windows", 1)),
        clear_after=body.get("clear_after", 1),
        subject=body.get("subject", {}),
        sees=partial(expected, body=body, indicator=indicator, calendar=calendar) if is_about_missing else tuple,
        may_come_late=is_about_missing,
    )


def misses_target(body: Mapping[str, Any]) -> Misses:
    """Of a rule or a goal with `comparator` and `target`."""
    return lambda value, _: not is_met(value.exact, body["comparator"], Fraction(str(body["target"])))


def _falls_off(body: Mapping[str, Any], direction: str) -> Misses:
    """Of `change_from_previous` as a share, for the worse alone."""
    worse = -1 if direction == "higher_is_better" else 1

    def misses(value: Value, before: Value | None) -> bool | None:
        if before is None or before.exact == 0:
            return None
        return worse * (value.exact - before.exact) > Fraction(str(body["more_than_share"])) * abs(before.exact)

    return misses


def _slips(body: Mapping[str, Any], direction: str) -> Misses:
    """Of `cusum` with `centre` and `sigma`, for the worse alone. What is not judged leaves the sum as it is, and a signal does, too."""
    worse = -1 if direction == "higher_is_better" else 1
    centre, sigma, k, h = (Fraction(str(body[name])) for name in ("centre", "sigma", "k", "h"))
    total = Fraction(str(body.get("head_start", 0)))

    def misses(value: Value, before: Value | None) -> bool:
        del before
        nonlocal total
        total = max(Fraction(0), total + worse * (value.exact - centre) / sigma - k)
        return total > h

    return misses


JUDGES: dict[str, Callable[[Mapping[str, Any], str], Misses]] = {
    "target": lambda body, _: misses_target(body),
    "change_from_previous": _falls_off,
    "cusum": _slips,
    "missing_data": lambda body, _: lambda value, _: value.exact < least_readings(body),
}


def is_met(exact: Fraction, comparator: str, target: Fraction) -> bool:
    outcomes = {">=": exact >= target, ">": exact > target, "<=": exact <= target, "<": exact < target}
    return outcomes[comparator]


def episodes_of(rule: Rule, series: Series) -> list[Episode]:
    """Every episode of one rule."""
    return [
        episode
        for subject, values in series.items()
        if all(dict(subject).get(name) == wanted for name, wanted in rule.subject.items())
        for episode in _walk(rule, subject, rule.sees([value for value in values if _is_inside(value, rule.period)]))
    ]


def _is_inside(value: Value, period: Period | None) -> bool:
    return period is None or period[0] <= value.start < period[1]


def _walk(rule: Rule, subject: Subject, values: Sequence[Value]) -> list[Episode]:
    found: list[Episode] = []
    recent: deque[bool] = deque(maxlen=rule.of)
    is_missed = rule.judge()
    met, misses, raised = 0, 0, None
    before: Value | None = None
    for value in values:
        if not value.is_judged and not value.window.is_worked:
            continue
        if before is not None and not before.window.goes_on_with(value.window):
            before = None
        bad = is_missed(value, before) if value.is_judged else None
        if before is None or bad is None:
            recent.clear()
            met = 0
        before = value if value.is_judged else None
        if bad is None:
            continue
        recent.append(bad)
        met = 0 if bad else met + 1
        if raised is None:
            if bad and sum(recent) >= rule.for_windows:
                raised, misses = value.start, rule.for_windows
        elif bad:
            misses += 1
        elif met >= rule.clear_after:
            found.append(Episode(rule.name, subject, raised, value.start, misses))
            recent.clear()
            raised = None
    return found if raised is None else [*found, Episode(rule.name, subject, raised, None, misses)]
