"""What is stored is judged by definitions that have changed, part by part. Part of both commands of stage two."""

from dataclasses import dataclass, replace

from services.analytics.domain.derived import windows_of_values
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.partition_state import PartitionState, Pass
from services.analytics.domain.rolling import series_of_panes
from services.analytics.domain.value_frame import (
    Values,
    changed_values,
    final_values,
    judged_anew,
    row_count,
    series_of,
    to_kpi_values,
)
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.bounds import Bounds
from services.analytics.use_cases.deriving import Deriving
from services.analytics.use_cases.judging import Judging, Turn, close_other_versions
from services.analytics.use_cases.open_windows import OpenWindows
from services.analytics.use_cases.value_changes import ValueChanges


@dataclass(frozen=True, slots=True)
class JudgingAnew:
    """One transaction's part of the passes over stored values."""

    turn: Turn
    changes: ValueChanges
    held: OpenWindows
    judging: Judging
    deriving: Deriving
    bounds: Bounds

    def __call__(self, partition: int, state: PartitionState) -> tuple[PartitionState, bool]:
        """Judge about as many stored values as one transaction may; says whether more wait.

        Series touched meanwhile are judged whole, so that it does not matter whether a pass has reached them.
        """
        catalogue = self.turn.catalogue
        left = self.bounds.judged_anew
        for name, indicator in catalogue.indicators.items():
            while state.covers(indicator) and not state.is_judged(name, catalogue.judging(name)):
                if left <= 0:
                    return state, True
                state, seen = self._next_part(Scope(partition, indicator), state)
                left -= seen
        return state, False

    def _next_part(self, scope: Scope, state: PartitionState) -> tuple[PartitionState, int]:
        name, judging = scope.indicator.name, self.turn.catalogue.judging(scope.indicator.name)
        under_way = state.under_way
        if under_way is None or (under_way.indicator, under_way.judging) != (name, judging):
            self._begin(scope, state)
            under_way = Pass(name, judging)
        store = self.turn.uow.values
        among = self._series_rephased(scope.indicator, state)
        series = store.series_after(scope, bytes.fromhex(under_way.after), self.bounds.judged_anew, among=among)
        if not series:
            return state.with_judged(name, judging), 1
        stored = store.of_series(series)
        anew = self._judged_anew(scope, stored, state)
        store.save_values(anew)
        self.changes.publish(final_values(anew))
        keys = {value.key.series: value.key for value in to_kpi_values(stored)}
        # What came with this transaction is still to be merged: windows that it made due are asked for afterwards, by `expect`.
        reach = replace(self.changes.reach(scope.partition, state, scope.indicator), closes=None)
        found = self.judging.whole(self.turn, scope.indicator, list(keys.values()), reach=reach)
        self.changes.work.count_anomalies(found)
        return replace(state, under_way=replace(under_way, after=series[-1].hex())), row_count(stored)

    def _begin(self, scope: Scope, state: PartitionState) -> None:
        """What a pass does once: anomalies of former versions end, and open windows are told again where their values differ."""
        name = scope.indicator.name
        others = self.turn.uow.anomalies.open_of_other_versions(scope)
        self.changes.work.count_anomalies(close_other_versions(self.turn, others))
        if state.is_measured_otherwise(name, self.turn.catalogue.measuring(name)):
            self.held.tell_again(scope)

    def _series_rephased(self, indicator: Indicator, state: PartitionState) -> list[bytes] | None:
        """The only series that are judged otherwise than before; None for all."""
        subjects = self.turn.catalogue.subjects_rephased(indicator.name, state.judged.get(indicator.name, ""))
        return None if subjects is None else [series_of(indicator.name, indicator.version, one) for one in subjects]

    def _judged_anew(self, scope: Scope, stored: Values, state: PartitionState) -> Values:
        if scope.indicator.formula.parts:
            windows = windows_of_values(stored)
            return changed_values(self.deriving.of_indicator(scope.indicator, windows, scope.partition), stored)
        is_rolling = isinstance(scope.indicator.window, RollingWindow)
        spans = self.turn.uow.values.spans(series_of_panes(stored)) if is_rolling else None
        return judged_anew(stored, self.changes.definitions({scope.partition: state}), spans)
