"""Begin a new phase of a control chart, on purpose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.analytics.domain.control_chart.rebase import Rebase, newest_versions
from services.analytics.domain.control_chart.rebase_form import read_rebase
from services.analytics.domain.errors import UnknownIndicator, invalid
from services.analytics.ports.charting import ChartedSeries, ChartUnitOfWork
from shared.runtime.defined import Defined, Outcome
from shared.runtime.errors import FieldProblem


@dataclass(frozen=True, slots=True)
class Rebasing:
    """The command: from the window that begins at `starts_at` (UTC) on, limits are set anew; `withdrawn`: no longer are.

    Attributes:
        baseline_windows, excluded: as in `BegunPhase`.
    """

    indicator: str
    subject: Mapping[str, str]
    starts_at: datetime
    reason: str
    actor: str
    now: datetime
    withdrawn: bool = False
    baseline_windows: int | None = None
    excluded: tuple[datetime, ...] = ()

    @property
    def rebase(self) -> Rebase:
        """Its first version."""
        return Rebase(
            self.starts_at,
            self.reason,
            self.actor,
            1,
            self.now,
            withdrawn=self.withdrawn,
            baseline_windows=self.baseline_windows,
            excluded=self.excluded,
        )


@dataclass(frozen=True, slots=True)
class RebaseChart:
    """Raises UnknownIndicator; InvalidDefinition."""

    units: Callable[[], ChartUnitOfWork]

    def __call__(self, command: Rebasing) -> Defined[Rebase]:
        """Repeating it changes nothing; another reason or baseline for the same window is a new version of the same phase."""
        with self.units() as uow:
            uow.charts.lock()
            catalogue = uow.definitions.catalogue()
            indicator = catalogue.indicators.get(command.indicator)
            if indicator is None:
                raise UnknownIndicator(f"there is no indicator {command.indicator!r}")
            calendar = catalogue.calendar_of(indicator)
            rebase = read_rebase(command.rebase, subject=command.subject, indicator=indicator, calendar=calendar)
            series = ChartedSeries(indicator.name, command.subject)
            before = newest_versions(uow.charts.rebases(series)).get(rebase.starts_at)
            if before is not None and before.says_as(rebase):
                return Defined(before, Outcome.UNCHANGED)
            if before is None and rebase.withdrawn:
                raise invalid(
                    [FieldProblem("/withdrawn", "no phase was begun then; GET …/phases lists those there are")]
                )
            rebase = replace(rebase, version=1 if before is None else before.version + 1)
            uow.charts.add_rebase(series, rebase)
            uow.commit()
        return Defined(rebase, Outcome.CREATED if before is None else Outcome.CHANGED)
