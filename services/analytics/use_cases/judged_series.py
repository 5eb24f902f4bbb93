"""One series whose values have changed, and where each rule judges it again. Part of judging."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.analytics.domain.anomaly import Anomaly
from services.analytics.domain.checkpoint import Checkpoint, Resumption
from services.analytics.domain.episode import Start, starting_point, windows_before
from services.analytics.domain.finding import Scene
from services.analytics.domain.kpi_value import SeriesKey
from services.analytics.domain.rule import Rule
from services.analytics.domain.rules.missing_data import MissingData
from services.analytics.ports.evaluating import EvaluateUnitOfWork

_NEXT_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class JudgedSeries:
    """What is judged: one series, from the window `since` (None: all of it).

    Attributes:
        checkpoints: what its rules remember of it.
        resumptions: rule → where it judges again, of rules that remember; the others judge from `since`.
    """

    key: SeriesKey
    since: datetime | None
    standing: Sequence[Anomaly]
    rules: Sequence[Rule]
    checkpoints: Sequence[Checkpoint] = ()
    resumptions: Mapping[str, Resumption] = field(default_factory=dict)

    def since_of(self, rule: Rule) -> datetime | None:
        """Start of the first window that has changed for this rule."""
        resumption = self.resumptions.get(rule.name)
        return self.since if resumption is None else resumption.since

    def known_of(self, rule: Rule) -> list[Anomaly]:
        """The rule's anomalies that a value changed at `since_of(rule)` can bear on."""
        since = self.since_of(rule)
        return [
            anomaly
            for anomaly in self.standing
            if anomaly.rule == rule.name and (since is None or lasts_until(anomaly, since))
        ]

    def begins(self, rule: Rule) -> datetime | None:
        """Start of the first window that this rule judges again."""
        since = self.since_of(rule)
        return None if since is None else min([since, *(known.episode.first for known in self.known_of(rule))])

    def before(self, rule: Rule) -> Anomaly | None:
        """The rule's newest anomaly that was cleared before all that, and yet bears on what is found now."""
        begins = self.begins(rule)
        if begins is None or not rule.looks_back:
            return None
        touched = {anomaly.id for anomaly in self.known_of(rule)}
        ended = [one for one in self.standing if one.rule == rule.name and one.id not in touched and _ended(one)]
        return ended[-1] if ended else None

    def start_of(self, rule: Rule) -> Start:
        """Where its judging begins, and what goes on there."""
        before = self.before(rule)
        return starting_point(
            [one.episode for one in self.known_of(rule)],
            self.since_of(rule),
            before=[] if before is None else [before.episode],
            may_be_undone=isinstance(rule.condition, MissingData),
        )

    def checkpoints_of(self, rule: Rule) -> list[Checkpoint]:
        return [checkpoint for checkpoint in self.checkpoints if checkpoint.rule == rule.name]

    def checkpoint_of(self, rule: Rule) -> Checkpoint | None:
        """What the rule goes on from."""
        resumption = self.resumptions.get(rule.name)
        return None if resumption is None else resumption.checkpoint

    def remembered_until(self, rule: Rule) -> datetime | None:
        """From where on the rule needs values; None for all."""
        checkpoint = self.checkpoint_of(rule)
        return None if checkpoint is None else checkpoint.until + _NEXT_MOMENT


def standing_since(
    uow: EvaluateUnitOfWork, since: Mapping[bytes, datetime], *, rules: Sequence[Rule], scene: Scene
) -> Mapping[bytes, Sequence[Anomaly]]:
    """The anomalies that what changed can bear on, and those before them that the rules look back to.

    Asked twice where an anomaly is judged again that began long before the change: what was cleared just before it counts, too.
    """
    looks_back = max((rule.looks_back for rule in rules), default=0)
    earliest = min(since.values())
    asked = windows_before(earliest, looks_back, scene) if looks_back else earliest
    found = uow.anomalies.standing(list(since), asked)
    if not looks_back:
        return found
    firsts = [one.episode.first for series, held in found.items() for one in held if lasts_until(one, since[series])]
    again = windows_before(min([earliest, *firsts]), looks_back, scene)
    return found if again >= asked else uow.anomalies.standing(list(since), again)


def lasts_until(anomaly: Anomaly, moment: datetime) -> bool:
    cleared = anomaly.episode.cleared
    return (anomaly.state == "open" or cleared is not None) and (cleared is None or cleared.start >= moment)


def _ended(anomaly: Anomaly) -> bool:
    return anomaly.episode.cleared is not None
