"""What becomes of values that have changed: they are saved, the final ones published and judged. Part of both commands of stage two."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.analytics.domain.definitions_frame import Definitions, definitions_frame
from services.analytics.domain.expected_windows import Reach
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.kpi_value import KpiValue
from services.analytics.domain.partition_state import Coverage, PartitionState
from services.analytics.domain.value_frame import (
    Computed,
    Values,
    changed_values,
    final_values,
    of_indicators,
    row_count,
    still_open,
    to_kpi_values,
)
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.closing import Closing
from services.analytics.use_cases.deriving import Deriving
from services.analytics.use_cases.expecting import Expecting
from services.analytics.use_cases.judging import Judging, Turn
from services.analytics.use_cases.work import Work

States = Mapping[int, PartitionState]
"""By partition: of all those that the values at hand belong to."""


class ValueChanges:
    """One transaction's."""

    def __init__(self, turn: Turn, *, judging: Judging, deriving: Deriving, expecting: Expecting) -> None:
        self._turn = turn
        self._judging = judging
        self._deriving = deriving
        self._expecting = expecting
        self.closing = Closing(turn)
        self.work = Work()
        self._defined: tuple[Mapping[int, Mapping[str, Coverage]], Definitions] | None = None

    def keep_computed(self, computed: Computed, states: States) -> None:
        """Keep what differs from what is stored."""
        if row_count(computed):
            self.keep(changed_values(computed, self._turn.uow.values.stored_values(computed)), states)

    def keep(self, values: Values, states: States) -> None:
        """Save changed values; publish and judge the final ones."""
        if row_count(values) == 0:
            return
        self._turn.uow.values.save_values(values)
        final = final_values(values)
        self._notice_return(values, states)
        self.work.count_provisional(row_count(values) - row_count(final))
        self.publish(final)
        for indicator, partition, found in _by_indicator(to_kpi_values(of_indicators(final, self._judged(states)))):
            self._judge(partition, self._turn.catalogue.indicators[indicator], states[partition], values=found)

    def publish(self, values: Values) -> None:
        if row_count(values) == 0:
            return
        self._turn.uow.events.values(values, self._turn.catalogue, self._turn.now)
        self._deriving.tell(values)
        self.work.count_final(values)

    def reach(self, partition: int, state: PartitionState, indicator: Indicator) -> Reach:
        """How far the windows of an indicator are due."""
        return self._expecting.reach(Scope(partition, indicator), state, self.closing.of(partition, state, indicator))

    def definitions(self, states: States) -> Definitions:
        """What values are computed by, made once for as long as no history was covered."""
        coverage = {number: state.history for number, state in states.items()}
        if self._defined is None or self._defined[0] != coverage:
            indicators = self._turn.catalogue.indicators.values()
            frame = definitions_frame(indicators, self.closed_until(states), coverage)
            self._defined = coverage, frame
        return self._defined[1]

    def closed_until(self, states: States) -> dict[tuple[int, str], datetime | None]:
        """Partition and indicator → windows that end then or earlier are final; None while none is."""
        return {
            (partition, indicator.name): self.closing.of(partition, state, indicator)
            for partition, state in states.items()
            for indicator in self._turn.catalogue.indicators.values()
        }

    def _judged(self, states: States) -> list[str]:
        """The indicators whose values rules ask for, or did before a change that has not been followed everywhere yet."""
        catalogue = self._turn.catalogue
        return [
            name
            for name in catalogue.indicators
            if catalogue.rules_of(name)
            or not all(state.is_judged(name, catalogue.judging(name)) for state in states.values())
        ]

    def _judge(
        self, partition: int, indicator: Indicator, state: PartitionState, *, values: Sequence[KpiValue]
    ) -> None:
        if not state.covers(indicator):
            return  # judged as a whole once its history is there
        reach = self.reach(partition, state, indicator)
        if state.is_judged(indicator.name, self._turn.catalogue.judging(indicator.name)):
            changes = self._judging.changed(self._turn, indicator, values, reach=reach)
        else:
            keys = {value.key.series: value.key for value in values}
            changes = self._judging.whole(self._turn, indicator, list(keys.values()), reach=reach)
        self.work.count_anomalies(changes)

    def _notice_return(self, values: Values, states: States) -> None:
        """Readings in open windows end what was missing; for any other rule they come too early."""
        names = [name for name in self._turn.catalogue.indicators if self._turn.catalogue.expectations_of(name)]
        if not names:
            return
        for name, partition, found in _by_indicator(to_kpi_values(still_open(values, names))):
            indicator = self._turn.catalogue.indicators[name]
            reach = self.reach(partition, states[partition], indicator)
            self.work.count_anomalies(self._expecting.came_back(indicator, found, reach))


def _by_indicator(values: Sequence[KpiValue]) -> list[tuple[str, int, list[KpiValue]]]:
    found: dict[tuple[str, int], list[KpiValue]] = {}
    for value in values:
        found.setdefault((value.key.indicator, value.key.partition), []).append(value)
    return [(indicator, partition, group) for (indicator, partition), group in found.items()]
