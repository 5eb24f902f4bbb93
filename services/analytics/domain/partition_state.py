"""What stage two remembers of one partition of `pane-deltas` besides panes, values and anomalies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.analytics.domain.effective_dates import changed_since, dates_of
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.watermark import PartitionMarks, Watermarks, note


@dataclass(frozen=True, slots=True)
class Pass:
    """An indicator's stored values are being judged anew, series by series.

    Attributes:
        judging: what they are judged by (`Catalogue.judging`); another text means beginning again.
        after: the last series that is done, as hexadecimal digits; empty before the first.
    """

    indicator: str
    judging: str
    after: str = ""


PaneKey = tuple[str, int, str, datetime, datetime]
"""Indicator, its version, subject, start and end (UTC) of one pane."""


@dataclass(frozen=True, slots=True)
class FoldMark:
    """How far a partition of `readings` has been folded, and by which revision of the definitions the last of it was."""

    reached: int
    revision: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of an indicator's history its panes hold. What the fold sends of later panes is computed from history in its turn.

    Attributes:
        version: the indicator's `computation`.
        revision: of the definitions at which it was noticed; what was folded before it may lack the indicator.
        until: panes that begin before it are there; None while none is.
        is_complete: all panes are there, and the fold's deltas go on from them.
        after: of a derived indicator, how far the values of its parts have been looked at.
    """

    version: int
    revision: int
    until: datetime | None = None
    is_complete: bool = False
    after: str = ""

    def changed_to(self, indicator: Indicator, revision: int) -> "Coverage":
        """After the indicator has come to be computed otherwise. Where its series goes on, the panes before the date of effect stay."""
        if self.version < indicator.version:
            return Coverage(indicator.computation, revision)
        since = changed_since(indicator, self.version)
        until = since if self.is_complete else self.until
        if until is not None and since is not None:
            until = min(until, since)
        return Coverage(indicator.computation, revision, until)


@dataclass(frozen=True, slots=True)
class PartitionState:
    """Changes with each transaction of its partition, and is read inside it.

    Attributes:
        folds: partition of `readings` → how far what has been merged here goes.
        readings_partitions: how many there are; 0 before the first mark.
        unfinished: fold transactions of which some records have been merged, but not the last.
        to_recompute: panes that wait until nothing is unfinished.
        history: indicator → how much of it is there.
        judged: indicator → what its stored values have been judged by.
        under_way: the pass that is not finished.
        told_at: when provisional values were last published.
        closed_at: when windows were last closed that records had made due.
        expected: rule about missing data, and version of its indicator → the end of the last window that it has been asked about.
        passed: the same of derived indicators → the end of the last window that has come due here: what this partition holds of the
            indicators that it is computed from is written.
    """

    watermarks: Watermarks = field(default_factory=Watermarks)
    judged: Mapping[str, str] = field(default_factory=dict)
    under_way: Pass | None = None
    told_at: datetime | None = None
    closed_at: datetime | None = None
    folds: Mapping[int, FoldMark] = field(default_factory=dict)
    readings_partitions: int = 0
    unfinished: tuple[str, ...] = ()
    to_recompute: tuple[PaneKey, ...] = ()
    history: Mapping[str, Coverage] = field(default_factory=dict)
    expected: Mapping[str, datetime] = field(default_factory=dict)
    passed: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def reached(self) -> dict[int, int]:
        """Partition of `readings` → the offset up to which its readings have been merged here."""
        return {number: mark.reached for number, mark in self.folds.items()}

    def covers(self, indicator: Indicator) -> bool:
        """Whether all of the indicator's panes are there."""
        coverage = self.coverage_of(indicator)
        return coverage is not None and coverage.is_complete

    def knows(self, indicator: Indicator) -> bool:
        """Whether it was in force like this for the partition's newest transaction, and so will be for each later one."""
        return self.coverage_of(indicator) is not None

    def coverage_of(self, indicator: Indicator) -> Coverage | None:
        """How much of it is there as it is computed now; None where that has not been noticed yet."""
        coverage = self.history.get(indicator.name)
        return coverage if coverage is not None and coverage.version == indicator.computation else None

    def is_behind(self, indicator: Indicator, start: datetime) -> bool:
        """Whether the value of a window that begins then may be as the indicator was computed before its date of effect."""
        if indicator.effective_from is None:
            return False
        coverage = self.history.get(indicator.name)
        if coverage is None or coverage.version < indicator.computation:
            return start >= indicator.effective_from
        if coverage.version > indicator.computation:
            return False  # a former series, which nothing changes any more
        first = min((*dates_of(indicator), indicator.effective_from))
        return not coverage.is_complete and start >= (coverage.until or first)

    def noticing(self, indicators: Iterable[Indicator], revision: int) -> "PartitionState":
        """The state after it has been seen which of these are new or computed otherwise."""
        changed = {
            one.name: Coverage(one.computation, revision) if known is None else known.changed_to(one, revision)
            for one in indicators
            if (known := self.history.get(one.name)) is None or known.version != one.computation
        }
        return replace(self, history={**self.history, **changed}) if changed else self

    def is_folded_by(self, revision: int) -> bool:
        """Whether every partition of `readings` is being folded by these definitions, or newer ones."""
        return 0 < self.readings_partitions == sum(mark.revision >= revision for mark in self.folds.values())

    def with_coverage(self, indicator: str, coverage: Coverage) -> "PartitionState":
        return replace(self, history={**self.history, indicator: coverage})

    def with_marks(self, marks: Sequence[PartitionMarks]) -> "PartitionState":
        """After the marks of one fold transaction, all of whose deltas have been merged."""
        told = {one.readings_partition: FoldMark(one.reached, one.revision) for one in marks}
        count = max((one.partitions for one in marks), default=self.readings_partitions)
        return replace(
            self,
            watermarks=note(self.watermarks, marks),
            folds={**self.folds, **told},
            readings_partitions=count,
        )

    def is_judged(self, indicator: str, judging: str) -> bool:
        return self.judged.get(indicator) == judging

    def is_measured_otherwise(self, indicator: str, measuring: str) -> bool:
        """Whether the indicator has been judged, but not with the least sample that it has now."""
        return indicator in self.judged and not self.judged[indicator].startswith(measuring)

    def with_judged(self, indicator: str, judging: str) -> "PartitionState":
        return replace(self, judged={**self.judged, indicator: judging}, under_way=None)
