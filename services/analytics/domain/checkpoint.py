"""Checkpoints: what a rule remembered of a series after one of its windows, so that judging goes on from there.

A checkpoint is a cache. What it holds is a function of the values up to its window, so judging on from it equals judging
everything, and any checkpoint may be lost. Of each rule and series three are kept: the newest, and two anchors, of which one lies
between 128 and 256 values back (fewer in a short series); a restatement goes back to an anchor, and an earlier one to the beginning.
No anchor is newer than the newest, and where there is none there is no anchor that serves: anchors are read only where the newest
is there and does not serve.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from services.analytics.domain.finding import Finding, Memory, Scene
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.rule import Rule

NEWEST = 0
ANCHORS = (1, 2)
ANCHOR_EVERY = 128


class Checkpoint(Struct, frozen=True):
    """The memory of one rule after one window of one series.

    Attributes:
        form: of the memory; see `ConditionWithMemory.memory_form`.
        slot: `NEWEST`, or 1 and 2 for the anchors; with series and rule the key.
        taken: how many values of the series it has seen.
        until: start of the newest window that it has seen.
        judges_after: windows that start later can be judged from here: the windows between belong to runs that they may complete. Breaks do
            not count: with too little to judge they are as if they were not there.
    """

    series: bytes
    rule: str
    rule_version: int
    form: int
    slot: int
    taken: int
    until: datetime
    judges_after: datetime
    memory: bytes


@dataclass(frozen=True, slots=True)
class Resumption:
    """Where a rule judges a series again.

    Attributes:
        since: start of the first window that is judged; None for all.
        checkpoint: what it goes on from; None for the beginning of the series.
    """

    since: datetime | None = None
    checkpoint: Checkpoint | None = None


FROM_THE_BEGINNING = Resumption()


def resumption(
    rule: Rule, known: Sequence[Checkpoint], begins: datetime, *, phase_starts: Sequence[datetime]
) -> Resumption:
    """From the newest checkpoint that serves.

    Until the limits of a phase are learned, they may judge all of its windows otherwise: a checkpoint from before its beginning
    means judging from there.

    Args:
        known: of this rule and series.
        begins: start of the first window that must be judged again.
    """
    form = rule.memory_form
    for checkpoint in sorted(known, key=lambda one: one.until, reverse=True):
        learned_anew = [start for start in phase_starts if start > checkpoint.until]
        since = min([begins, *learned_anew])
        is_current = (checkpoint.rule_version, checkpoint.form) == (rule.version, form)
        if is_current and checkpoint.judges_after < since:
            return Resumption(since, checkpoint)
    return FROM_THE_BEGINNING


def out_of_date(
    known: Sequence[Checkpoint], recorded: Sequence[Checkpoint], changed: datetime | None
) -> list[Checkpoint]:
    """Those that have seen a window that has changed since, or are the newest no more, and are not overwritten.

    Args:
        known: of one rule and series, as `recorded`.
        changed: start of the first window that is not what it was; None for all.
    """
    overwritten = {checkpoint.slot for checkpoint in recorded}
    newer = [checkpoint.until for checkpoint in recorded]
    return [
        checkpoint
        for checkpoint in known
        if checkpoint.slot not in overwritten
        and (
            changed is None
            or checkpoint.until >= changed
            or (checkpoint.slot == NEWEST and any(until > checkpoint.until for until in newer))
        )
    ]


@dataclass(slots=True)
class Recorder:
    """Judges the values of one series on from a checkpoint, and notes new ones by the way."""

    rule: Rule
    series: bytes
    begun: Checkpoint | None
    recorded: list[Checkpoint] = field(default_factory=list)

    def findings(self, values: Sequence[KpiValue], scene: Scene) -> Iterator[Finding | None]:
        """As `Condition.findings`, of the values that follow the checkpoint.

        What comes after the newest checkpoint may belong to a later run.
        """
        begun, condition = self.begun, self.rule.with_memory
        if condition is None:
            raise TypeError(f"a rule of kind {self.rule.condition.kind} remembers nothing")
        memory = condition.remember(scene, None if begun is None else begun.memory)
        before = 0 if begun is None else begun.taken
        newest = self._newest(values, scene)
        for place, finding in enumerate(memory.findings(values)):
            taken = before + place + 1
            if place == newest:
                self._note(values[place:], memory, scene, slot=NEWEST, taken=taken)
            if taken % ANCHOR_EVERY == 0 and place <= newest:
                self._note(values[place:], memory, scene, slot=1 + taken // ANCHOR_EVERY % 2, taken=taken)
            yield finding

    def to_keep(self) -> list[Checkpoint]:
        """What was noted; of it, or what was gone on from, the newest as such where nothing was that could be."""
        candidates = self.recorded if self.begun is None else [self.begun, *self.recorded]
        newest = max(candidates, key=lambda one: (one.until, one.slot == NEWEST), default=None)
        if newest is None or newest.slot == NEWEST:
            return self.recorded
        return [*self.recorded, replace(newest, slot=NEWEST)]

    def _newest(self, values: Sequence[KpiValue], scene: Scene) -> int:
        """The last place that has as many windows behind it as the next one needs before it; -1 if there is none."""
        place, needed = len(values) - 1, self.rule.context - 1
        while needed and place >= 0:
            needed -= not scene.is_break(values[place].window)
            place -= 1
        return place

    def _note(self, values: Sequence[KpiValue], memory: Memory, scene: Scene, *, slot: int, taken: int) -> None:
        """Of the first of these values, behind which there are as many windows as a later one needs."""
        kept = memory.kept()
        if kept is None:
            return
        rule = self.rule
        form = rule.memory_form
        windows = (value.window for value in values)
        first = next(windows)
        needed = [first, *islice((window for window in windows if not scene.is_break(window)), rule.context - 1)]
        self.recorded.append(
            Checkpoint(
                self.series, rule.name, rule.version, form, slot, taken, first.start, needed[-1].start, memory=kept
            )
        )
