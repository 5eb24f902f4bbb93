"""Judging on from checkpoints: where each rule goes on, and what it remembers afterwards. Part of judging."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.checkpoint import (
    ANCHORS,
    NEWEST,
    Checkpoint,
    Recorder,
    Resumption,
    out_of_date,
    resumption,
)
from services.analytics.domain.episode import Episode, episodes
from services.analytics.domain.finding import Scene
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule
from services.analytics.ports.evaluating import EvaluateUnitOfWork
from services.analytics.use_cases.judged_series import JudgedSeries, standing_since


def remembered(
    judged: Sequence[JudgedSeries], uow: EvaluateUnitOfWork, slots: Sequence[int] = (NEWEST, *ANCHORS)
) -> list[JudgedSeries]:
    """The series with these checkpoints that are kept of them, too; read at once."""
    asked = [item.key.series for item in judged if any(rule.remembers for rule in item.rules)]
    if not asked:
        return list(judged)
    found: dict[bytes, list[Checkpoint]] = {}
    for checkpoint in uow.checkpoints.of_series(asked, slots):
        found.setdefault(checkpoint.series, []).append(checkpoint)
    return [replace(item, checkpoints=[*item.checkpoints, *found.get(item.key.series, ())]) for item in judged]


@dataclass(frozen=True, slots=True)
class Resuming:
    """Finds where rules go on."""

    uow: EvaluateUnitOfWork
    catalogue: Catalogue

    def resumed(self, judged: Sequence[JudgedSeries]) -> list[JudgedSeries]:
        """The series with the places where their rules go on.

        A rule without a checkpoint that serves judges from farther back than what has changed. The anomalies that this bears on
        are then read, too; they may move the place farther still, until it bears on no others. Anchors are read of the series of
        which some rule has a newest checkpoint that does not serve.
        """
        items = {item.key.series: item for item in remembered(judged, self.uow, [NEWEST])}
        left = [item for item in items.values() if any(rule.remembers for rule in item.rules)]
        anchored: set[bytes] = set()
        while left:
            placed = {item.key.series: self._placed(item) for item in left}
            back = [item for item in left if item.key.series not in anchored and _goes_back(placed[item.key.series][0])]
            anchored.update(item.key.series for item in back)
            placed.update({item.key.series: self._placed(item) for item in remembered(back, self.uow, ANCHORS)})
            items.update({series: item for series, (item, _) in placed.items()})
            left = self._with_anomalies([item for item, is_settled in placed.values() if not is_settled])
        return list(items.values())

    def _placed(self, item: JudgedSeries) -> tuple[JudgedSeries, bool]:
        """The series with its places by the anomalies that were read; and whether these are all that count."""
        begun = self.catalogue.phases_of(item.key.indicator, item.key.subject)
        phases = [phase.starts_at for phase in begun]
        places: dict[str, Resumption] = {}
        is_settled = True
        for rule in item.rules:
            begins = item.start_of(rule).since if rule.remembers else None
            if begins is None:
                continue  # judged from the beginning of the series already, or from wherever it needs values
            known = item.checkpoints_of(rule)
            found = resumption(rule, known, begins, phase_starts=phases)
            is_settled = is_settled and found.since == begins
            places[rule.name] = replace(found, since=item.since_of(rule)) if found.since == begins else found
        return replace(item, resumptions={**item.resumptions, **places}), is_settled

    def _with_anomalies(self, items: Sequence[JudgedSeries]) -> list[JudgedSeries]:
        """The series with all anomalies since the earliest place of any of their rules."""
        since = {item.key.series: _earliest(item) for item in items}
        whole = [series for series, moment in since.items() if moment is None]
        later = {series: moment for series, moment in since.items() if moment is not None}
        found: dict[bytes, Sequence[Anomaly]] = {}
        if whole:
            found.update(self.uow.anomalies.standing(whole, None))
        if later:
            indicator = self.catalogue.indicators[items[0].key.indicator]
            rules = [rule for item in items for rule in item.rules]
            scene = Scene(indicator, self.catalogue.calendar_of(indicator))
            found.update(standing_since(self.uow, later, rules=rules, scene=scene))
        return [replace(item, standing=found.get(item.key.series, ())) for item in items]


@dataclass(slots=True)
class Records:
    """What a transaction's rules remember afterwards."""

    new: list[Checkpoint] = field(default_factory=list)
    old: list[Checkpoint] = field(default_factory=list)

    def judged(self, item: JudgedSeries, rule: Rule, values: Sequence[KpiValue], *, scene: Scene) -> list[Episode]:
        """The episodes of a rule that goes on from what it remembers."""
        after = item.remembered_until(rule)
        unseen = values if after is None else [value for value in values if value.window.start >= after]
        recorder = Recorder(rule, item.key.series, item.checkpoint_of(rule))
        found = episodes(rule, unseen, item.start_of(rule), scene=scene, find=recorder.findings)
        recorded = recorder.to_keep()
        self.new += recorded
        self.old += out_of_date(item.checkpoints_of(rule), recorded, item.since)
        return found

    def keep(self, uow: EvaluateUnitOfWork) -> None:
        if self.old:
            uow.checkpoints.forget(self.old)
        if self.new:
            uow.checkpoints.save(self.new)


def _goes_back(item: JudgedSeries) -> bool:
    """Whether the newest checkpoint of some rule does not serve it; one without, as while limits are learned, has no anchors."""
    known = {checkpoint.rule for checkpoint in item.checkpoints}
    return any(place.checkpoint is None and rule in known for rule, place in item.resumptions.items())


def _earliest(item: JudgedSeries) -> datetime | None:
    """None for the beginning of the series."""
    moments = [item.since_of(rule) for rule in item.rules]
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None
