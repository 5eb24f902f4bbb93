"""All definitions at one revision, and what of them belongs together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import xxhash

from services.analytics.domain.indicator import Indicator
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.missing_data import MissingData
from shared.calendars.calendar import WEEKDAYS, Calendar

Kind = Literal["calendar", "indicator", "rule", "goal-set"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of one definition, in the form in which it was sent, completed with what was left out.

    Attributes:
        computed_as: of an indicator, the version since which its formula and windows are what they are; its KPI values
            carry this number. Of anything else the version.
    """

    kind: Kind
    name: str
    version: int
    computed_as: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every definition's newest version, as of one revision."""

    revision: int
    indicators: Mapping[str, Indicator]
    calendars: Mapping[str, Calendar]
    rules: Mapping[str, tuple[Rule, ...]]
    """By the indicator that they judge, in order of their names."""
    working_days: Mapping[str, str]
    """Calendar → a text that changes whenever another day is worked."""

    def rules_of(self, indicator: str) -> tuple[Rule, ...]:
        return self.rules.get(indicator, ())

    def expectations_of(self, indicator: str) -> list[tuple[Rule, MissingData]]:
        """Its rules about missing data."""
        return [(rule, rule.condition) for rule in self.rules_of(indicator) if isinstance(rule.condition, MissingData)]

    def calendar_of(self, indicator: Indicator) -> Calendar:
        return self.calendars[indicator.calendar]

    def judging(self, indicator: str) -> str:
        """A text that changes whenever the indicator's stored values must be judged anew."""
        rules = ",".join(f"{rule.name}@{rule.version}" for rule in self.rules_of(indicator))
        current = self.indicators[indicator]
        return f"{current.version}/{current.minimum_sample}/{rules}/{self.working_days[current.calendar]}"


def make_catalogue(
    *, revision: int, indicators: Sequence[Indicator], calendars: Mapping[str, Calendar], rules: Sequence[Rule]
) -> Catalogue:
    """Rules of an indicator that does not exist (a goal's, whose indicator comes later) wait outside."""
    known = {indicator.name: indicator for indicator in indicators}
    ordered = sorted((rule for rule in rules if rule.indicator in known), key=lambda rule: rule.name)
    return Catalogue(
        revision,
        known,
        calendars,
        {name: tuple(rule for rule in ordered if rule.indicator == name) for name in known},
        {name: _working_days(calendar) for name, calendar in calendars.items()},
    )


def _working_days(calendar: Calendar) -> str:
    week = [day for day in WEEKDAYS if calendar.working_hours.get(day)]
    days = [[day.isoformat() for day in sorted(some)] for some in (calendar.holidays, calendar.working_days)]
    return xxhash.xxh64_hexdigest(repr((week, days)).encode())
