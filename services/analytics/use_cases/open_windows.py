"""The panes of windows that have not closed: hold what is added to them, let them go into their rows. Part of both commands of stage two."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from services.analytics.domain.empty_frame import empty_frame
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.open_panes import (
    Open,
    OpenPanes,
    Places,
    by_indicator,
    completed,
    shore_of,
    with_readings_or_known,
    without_readings,
)
from services.analytics.domain.value_frame import PANES, Touched, row_count, together
from services.analytics.ports.evaluating import Scope
from services.analytics.use_cases.judging import Turn
from shared.calendars.windows import Window


class Taken(NamedTuple):
    """Open panes, merged with their rows; where none has a row, its value has none either."""

    panes: Touched
    may_have_rows: bool


class OpenWindows:
    """One transaction's open panes. Some are not among them but have their row at once: those of rolling windows, of which several
    share each, and those of indicators with a rule about missing data, which looks at open windows, too.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._store = turn.uow.open_panes

    def hold(self, panes: Touched, *, is_whole: bool = False) -> Touched:
        """Hold what is added to panes beyond the shore; returns the rest, which goes into rows.

        Args:
            is_whole: the panes were computed afresh and take the place of what is known of them.
        """
        rest = []
        for (partition, name), part in by_indicator(panes).items():
            scope = Scope(partition, self._turn.catalogue.indicators[name])
            held = self._store.of(scope)
            if self._needs_rows(scope.indicator):
                if not isinstance(scope.indicator.window, RollingWindow):
                    self._keep(scope, held.with_rows(part))
                rest.append(part)
                continue
            rest.append(held.on_shore(part))
            self._keep(scope, held.with_part(self._known(held, part) if is_whole else part, is_whole=is_whole))
        return together(rest)

    def held_in_vain(self, partitions: Iterable[int]) -> list[tuple[Scope, int]]:
        """What is still held of indicators that have come to need rows, and how many rows of it."""
        scopes = (scope for partition in partitions for scope in self._scopes(partition))
        held = [(scope, self._store.of(scope).rows) for scope in scopes if self._needs_rows(scope.indicator)]
        return [(scope, rows) for scope, rows in held if rows]

    def _needs_rows(self, indicator: Indicator) -> bool:
        return isinstance(indicator.window, RollingWindow) or bool(self._turn.catalogue.expectations_of(indicator.name))

    def has_any(self, scope: Scope, until: datetime) -> bool:
        """Whether any pane is held that ends at `until` or earlier."""
        earliest = self.earliest_end(scope)
        return earliest is not None and earliest <= until

    def release(self, scope: Scope, count: int, until: datetime | None) -> Taken:
        """About `count` panes that end at `until` or earlier, the earliest first.

        They are held no longer: to be written into their rows with this transaction. There has to be one; see `has_any`.
        """
        held = self._store.of(scope)
        first = held.first(count, until)
        self._store.keep(scope, held.beyond(shore_of(first)))
        return self._completed(scope, first)

    def untold(self, scope: Scope, count: int) -> Taken:
        """Up to `count` panes that have changed since they were published; they count as published from now on."""
        held = self._store.of(scope)
        number, changed = held.untold(count)
        self._keep(scope, held.told(number))
        return self._completed(scope, changed)

    def tell_again(self, scope: Scope) -> None:
        """Publish all of them anew: they are judged otherwise than they were."""
        self._keep(scope, self._store.of(scope).told(0))

    def with_untold(self, partition: int) -> list[Scope]:
        """The indicators some of whose panes have changed since they were published."""
        return [scope for scope in self._scopes(partition) if self._store.of(scope).has_untold]

    def within(self, scope: Scope, span: Window) -> Places:
        """Those that begin within a span."""
        return self._store.of(scope).within(span)

    def earliest_end(self, scope: Scope) -> datetime | None:
        """When the first of them ends, UTC."""
        return self._store.of(scope).earliest_end

    def largest(self, partition: int) -> tuple[Scope, int] | None:
        """The indicator of which most is held, and how many rows are held of all together."""
        rows = [(self._store.of(scope).rows, scope) for scope in self._scopes(partition)]
        if not rows:
            return None
        return max(rows, key=lambda one: one[0])[1], sum(held for held, _ in rows)

    def _scopes(self, partition: int) -> Iterator[Scope]:
        for indicator in self._turn.catalogue.indicators.values():
            if not isinstance(indicator.window, RollingWindow):
                yield Scope(partition, indicator)

    def _keep(self, scope: Scope, panes: OpenPanes) -> None:
        if panes is not self._store.of(scope):
            self._store.keep(scope, panes)

    def _completed(self, scope: Scope, panes: Open) -> Taken:
        may_have_rows = self._store.of(scope).may_have_rows(panes)
        stored = self._turn.uow.values.stored_panes(panes) if may_have_rows else empty_frame(PANES)
        name, version = scope.indicator.name, scope.indicator.version
        return Taken(
            completed(panes, stored, partition=scope.partition, indicator=name, version=version), may_have_rows
        )

    def _known(self, held: OpenPanes, panes: Touched) -> Touched:
        """Without those that no reading is left of and none ever was of: nothing is to be said of them."""
        empty = without_readings(panes)
        if row_count(empty) == 0:
            return panes
        return with_readings_or_known(panes, [held.of(empty), self._turn.uow.values.stored_panes(empty)])
