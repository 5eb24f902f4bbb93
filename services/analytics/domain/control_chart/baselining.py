"""How the limits of a chart are learned: from how many windows, on which kind of chart, or not at all."""

from dataclasses import dataclass, replace

from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.finding import Reports
from services.analytics.domain.spc.chart_choice import RARE_EVENT_CHARTS, Chart
from services.analytics.domain.spc.phases import Learning

MOST_WINDOWS = 1000
"""Behind one phase's limits."""


@dataclass(frozen=True, slots=True)
class Baselining:
    """How limits are learned.

    Attributes:
        windows: how many judged windows of a phase its limits rest on, those with a known cause among them.
        chart: whose limits; None to let these windows choose.
        given: centre and sigma, in the indicator's unit, where nothing is to be learned.
        rounds: whether constants are taken as printed, d2 to three digits, to reproduce a chart of a book.
        reports: of a rule: worse values alone, or both.
    """

    windows: int = Learning().trusted
    chart: Chart | None = None
    given: tuple[float, float] | None = None
    rounds: bool = False
    reports: Reports = "both"

    @property
    def passes_over_gaps(self) -> bool:
        """Whether points follow one another whatever windows lie between them."""
        return self.chart in RARE_EVENT_CHARTS

    def of_phase(self, begun: BegunPhase | None) -> "Baselining":
        """The same with what people have said of the phase."""
        if begun is None or begun.baseline_windows is None:
            return self
        return replace(self, windows=begun.baseline_windows)
