"""All definitions at one revision, and what of them belongs together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import xxhash

from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.effective_dates import as_of, dates_of, terms
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
            carry this number. Where a version has a date of effect, the series goes on, and this is when it began. Of anything else the version.
    """

    kind: Kind
    name: str
    version: int
    computed_as: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DefinedVersion:
    """A version, and who put it in force when (UTC)."""

    definition: Definition
    defined_at: datetime
    defined_by: str


@dataclass(frozen=True, slots=True)
class BegunPhases:
    """The phases of one series that people have begun.

    Attributes:
        phases: those that have not been taken back, ascending.
        revision: of the definitions, when one of them was last begun, changed or taken back.
    """

    phases: tuple[BegunPhase, ...] = ()
    revision: int = 0


_PHASES = "/phases@"


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
    derived: Mapping[str, tuple[Indicator, ...]] = field(default_factory=dict)
    """By the indicator that they are computed from."""
    begun_phases: Mapping[tuple[str, str], BegunPhases] = field(default_factory=dict)
    """By indicator and subject (canonical JSON)."""

    def rules_of(self, indicator: str) -> tuple[Rule, ...]:
        return self.rules.get(indicator, ())

    def expectations_of(self, indicator: str) -> list[tuple[Rule, MissingData]]:
        """Its rules about missing data."""
        return [(rule, rule.condition) for rule in self.rules_of(indicator) if isinstance(rule.condition, MissingData)]

    def derived_from(self, indicator: str) -> tuple[Indicator, ...]:
        return self.derived.get(indicator, ())

    def parts_of(self, derived: Indicator) -> tuple[Indicator, ...]:
        """The indicators that any of its windows is computed from."""
        return tuple(self.indicators[name] for name in derived.parts)

    def leaves_of(self, indicator: Indicator) -> tuple[Indicator, ...]:
        """The indicators of readings that any of its windows is computed from, each once; itself, if it is one."""
        if not indicator.formula.parts:
            return (indicator,)
        found = (leaf for part in self.parts_of(indicator) for leaf in self.leaves_of(part))
        return tuple({leaf.name: leaf for leaf in found}.values())

    def leaves_at(self, indicator: Indicator, start: datetime) -> tuple[str, ...]:
        """The names of those that the window is computed from that begins then."""
        parts = as_of(indicator, start).formula.parts
        if not parts:
            return (indicator.name,)
        found = (leaf for part in parts for leaf in self.leaves_at(self.indicators[part], start))
        return tuple(dict.fromkeys(found))

    def dates_behind(self, indicator: Indicator) -> tuple[datetime, ...]:
        """When its windows, or those of a part, come to be computed otherwise, ascending."""
        parts = (date for part in self.parts_of(indicator) for date in self.dates_behind(part))
        return tuple(sorted({*dates_of(indicator), *parts}))

    def calendar_of(self, indicator: Indicator) -> Calendar:
        return self.calendars[indicator.calendar]

    def phases_of(self, indicator: str, subject: str) -> tuple[BegunPhase, ...]:
        """The phases of one series: people have begun them, or its windows are computed otherwise from then on."""
        known = self.begun_phases.get((indicator, subject))
        begun = () if known is None else known.phases
        taken = {phase.starts_at for phase in begun}
        dated = [BegunPhase(date) for date in dates_of(self.indicators[indicator]) if date not in taken]
        return tuple(sorted([*begun, *dated], key=lambda phase: phase.starts_at)) if dated else begun

    def judging(self, indicator: str) -> str:
        """A text that changes whenever the indicator's stored values must be judged anew."""
        return f"{self._judging_but_for_phases(indicator)}{self._phases_judged_by(indicator)}"

    def subjects_rephased(self, indicator: str, judged: str) -> list[str] | None:
        """The subjects whose phases are all that the indicator's values must be judged anew for; None where there is more to it.

        Args:
            judged: what they have been judged by: an earlier `judging`.
        """
        alike = self._judging_but_for_phases(indicator)
        phases = judged.removeprefix(alike)
        if not judged.startswith(alike) or not (phases == "" or phases.startswith(_PHASES)):
            return None
        revision = int(phases.removeprefix(_PHASES) or -1)
        return [subject for subject, begun in self._phased(indicator) if begun.revision > revision]

    def _judging_but_for_phases(self, indicator: str) -> str:
        rules = ",".join(f"{rule.name}@{rule.version}" for rule in self.rules_of(indicator))
        return f"{self.measuring(indicator)}{rules}"

    def measuring(self, indicator: str) -> str:
        """What `judging` begins with: it says which values are judged at all."""
        current = self.indicators[indicator]
        dated = "".join(
            f"{term.indicator.formula_version}<{term.until.isoformat()}:{term.indicator.minimum_sample}/"
            for term in terms(current)
            if term.until is not None
        )
        return f"{dated}{current.computation}/{current.minimum_sample}/{self.working_days[current.calendar]}/"

    def _phases_judged_by(self, indicator: str) -> str:
        """When they were last changed; rules that remember nothing know of none."""
        phased = self._phased(indicator) if any(rule.remembers for rule in self.rules_of(indicator)) else []
        return f"{_PHASES}{max(begun.revision for _, begun in phased)}" if phased else ""

    def _phased(self, indicator: str) -> list[tuple[str, BegunPhases]]:
        return [(subject, begun) for (name, subject), begun in self.begun_phases.items() if name == indicator]


def make_catalogue(
    *,
    revision: int,
    indicators: Sequence[Indicator],
    calendars: Mapping[str, Calendar],
    rules: Sequence[Rule],
    begun_phases: Mapping[tuple[str, str], BegunPhases] | None = None,
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
        _by_part(indicators),
        begun_phases or {},
    )


def _working_days(calendar: Calendar) -> str:
    week = [day for day in WEEKDAYS if calendar.working_hours.get(day)]
    days = [[day.isoformat() for day in sorted(some)] for some in (calendar.holidays, calendar.working_days)]
    return xxhash.xxh64_hexdigest(repr((week, days)).encode())


def _by_part(indicators: Sequence[Indicator]) -> dict[str, tuple[Indicator, ...]]:
    derived = [one for one in indicators if one.parts]
    named = {name for one in derived for name in one.parts}
    return {name: tuple(one for one in derived if name in one.parts) for name in named}
