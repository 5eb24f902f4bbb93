"""Which version of an indicator a window is computed by, where versions have a date of effect.

A window belongs to the newest version among those whose `effective_from` is not after its start; a version without one counts for
all. What a date parts is formula and least sample; everything else is said of all windows by the newest version.
"""

from dataclasses import dataclass
from datetime import datetime

from services.analytics.domain.indicator import Indicator


@dataclass(frozen=True, slots=True)
class Term:
    """The windows that begin at `since` or later and before `until` (UTC; None is open), and what they are computed by."""

    indicator: Indicator
    since: datetime | None
    until: datetime | None

    def holds(self, start: datetime) -> bool:
        """Whether a window that begins then is one of them."""
        return (self.since is None or self.since <= start) and (self.until is None or start < self.until)


def terms(indicator: Indicator) -> tuple[Term, ...]:
    """All of them, the oldest first. Windows before the first have no values."""
    ruling = (*indicator.earlier, indicator)
    ends = (*(one.effective_from for one in ruling[1:]), None)
    return tuple(Term(one, one.effective_from, until) for one, until in zip(ruling, ends, strict=True))


def as_of(indicator: Indicator, start: datetime) -> Indicator:
    """The indicator as it computes the window that begins then; its first form where none does."""
    if indicator.effective_from is None or indicator.effective_from <= start:
        return indicator
    found = terms(indicator)
    return next((term.indicator for term in found if term.holds(start)), found[0].indicator)


def counts_for(indicator: Indicator, start: datetime) -> bool:
    """Whether any version computes the window that begins then."""
    first = terms(indicator)[0]
    return first.since is None or first.since <= start


def dates_of(indicator: Indicator) -> tuple[datetime, ...]:
    """Each moment from which on windows are computed otherwise than those before, ascending."""
    return tuple(term.since for term in terms(indicator)[1:] if term.since is not None)


def are_alike(indicator: Indicator, one: datetime, other: datetime) -> bool:
    """Whether the windows that begin at two moments are computed by the same version."""
    return as_of(indicator, one) is as_of(indicator, other)


def changed_since(indicator: Indicator, computation: int) -> datetime | None:
    """From when on windows are computed otherwise than by an earlier computation of the same series; None for all of them."""
    changed = [term.since for term in terms(indicator) if term.indicator.formula_version > computation]
    known = [since for since in changed if since is not None]
    return min(known) if known and len(known) == len(changed) else None
