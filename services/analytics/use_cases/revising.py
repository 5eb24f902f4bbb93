"""Corrections and retractions in a transaction of the fold: they change what is kept, and name the panes to compute afresh."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.analytics.domain.catalogue import Catalogue
from services.analytics.domain.fold import NewIds
from services.analytics.domain.history import PaneKeys, no_panes, panes_of_all
from services.analytics.domain.revision import ByType, as_blocks, ids_by_partition, new_ids, settle
from services.analytics.ports.folding import FoldUnitOfWork


@dataclass(frozen=True, slots=True)
class Revised:
    """What the revisions of a batch have come to: panes to compute afresh, and readings that hold from now on, with their ids."""

    panes: PaneKeys
    won: ByType = field(default_factory=dict)
    new_ids: tuple[NewIds, ...] = ()
    applied: int = 0
    superseded: int = 0


def revise(uow: FoldUnitOfWork, offered: ByType, *, reached: Mapping[int, int], catalogue: Catalogue) -> Revised:
    """Apply revisions after the readings of the same batch have been kept. The same revision again changes nothing."""
    if not offered:
        return Revised(no_panes())
    settled = settle(offered, uow.history.of_ids(ids_by_partition(offered)))
    uow.history.keep(as_blocks(settled.kept), reached, revise=True)
    panes = panes_of_all(settled.touched, catalogue)
    return Revised(panes, settled.won, new_ids(settled.kept), settled.applied, settled.superseded)
