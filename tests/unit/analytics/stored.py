"""Values and anomalies in memory, for judging."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from services.analytics.domain.anomaly import Anomaly, Change
from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.catalogue import BegunPhases, make_catalogue
from services.analytics.domain.checkpoint import Checkpoint
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule
from services.analytics.ports.evaluating import EvaluateUnitOfWork
from services.analytics.use_cases.judging import Turn
from shared.calendars.calendar import DEFAULT_CALENDAR
from tests.unit.analytics.examples import NOW, indicator, key


@dataclass
class Checkpoints:
    """Checkpoints in memory."""

    held: dict[tuple[bytes, str, int], Checkpoint] = field(default_factory=dict)
    read: int = 0
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def of_series(self, series: Sequence[bytes], slots: Sequence[int]) -> Sequence[Checkpoint]:
        self.asked.append(tuple(slots))
        found = [one for one in self.held.values() if one.series in series and one.slot in slots]
        self.read += len(found)
        return found

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.held.update({(one.series, one.rule, one.slot): one for one in checkpoints})

    def forget(self, checkpoints: Sequence[Checkpoint]) -> None:
        for one in checkpoints:
            del self.held[one.series, one.rule, one.slot]


@dataclass
class Stored:
    """Values and anomalies in memory, with the same filters as the stores on SQL."""

    held: dict[datetime, KpiValue] = field(default_factory=dict)
    known: dict[str, Anomaly] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    read: int = 0

    def history(
        self, wanted: Mapping[bytes, datetime | None], *, with_open: bool = False
    ) -> Mapping[bytes, Sequence[KpiValue]]:
        [(series, since)] = wanted.items()
        found = [self.held[at] for at in sorted(self.held) if since is None or at >= since]
        self.read += len(found)
        return {series: [value for value in found if with_open or value.status != "provisional"]}

    def standing(self, series: Sequence[bytes], since: datetime | None) -> Mapping[bytes, Sequence[Anomaly]]:
        def stands(anomaly: Anomaly) -> bool:
            cleared = anomaly.episode.cleared
            return anomaly.state == "open" or since is None or (cleared is not None and cleared.start >= since)

        found = [one for one in self.known.values() if one.state != "withdrawn" and stands(one)]
        return {series[0]: sorted(found, key=lambda one: (one.episode.first, one.id))}

    def save(self, anomalies: Sequence[Anomaly]) -> None:
        self.known.update({anomaly.id: anomaly for anomaly in anomalies})

    def anomalies(self, changes: Sequence[Change], now: datetime) -> None:
        self.changes += changes


@dataclass
class FakeUnit:
    """What judging needs of a unit of work."""

    values: Stored
    anomalies: Stored
    events: Stored
    checkpoints: Checkpoints


def turn(stored: Stored, judged: Rule, about: Indicator | None = None, *, phases: tuple[BegunPhase, ...] = ()) -> Turn:
    """One transaction that judges line A."""
    catalogue = make_catalogue(
        revision=1,
        indicators=[about or indicator()],
        calendars={"default": DEFAULT_CALENDAR},
        rules=[judged],
        begun_phases={("first-pass-yield", key().subject): BegunPhases(phases)},
    )
    unit: Any = FakeUnit(stored, stored, stored, stored.checkpoints)
    return Turn(cast("EvaluateUnitOfWork", unit), catalogue, NOW)
