"""What control charts keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.analytics.domain.control_chart.frozen_baseline import FrozenBaseline
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.ports.defining import DefinitionsReader
from shared.runtime.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ChartedSeries:
    """A subject of an indicator, whatever the indicator's version: a rebase holds when a formula changes."""

    indicator: str
    subject: Mapping[str, str]


class ChartReader(Protocol):
    """Reads what is kept of charts."""

    def rebases(self, series: ChartedSeries) -> Sequence[Rebase]:
        """Every version, in order of (start, version)."""
        ...

    def baselines(self, series: bytes) -> Sequence[FrozenBaseline]:
        """Every version of the baselines of one series, in order of (phase, version)."""
        ...


class ChartStore(ChartReader, Protocol):
    """Reads and writes inside one transaction."""

    def lock(self) -> None:
        """Let no other transaction change charts until this one ends; blocks until it may go on."""
        ...

    def add_rebase(self, series: ChartedSeries, rebase: Rebase) -> None: ...

    def add_baseline(self, series: bytes, baseline: FrozenBaseline) -> None: ...


class ChartUnitOfWork(Transaction, Protocol):
    """One transaction that changes charts; entered with `with`, kept only if `commit` is called."""

    charts: ChartStore
    definitions: DefinitionsReader
