"""The versions of an indicator, some of which have a date of effect: what follows from all of them, and which may follow which."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.analytics.domain.catalogue import DefinedVersion, Definition
from services.analytics.domain.control_chart.rebase import Rebase, in_force
from services.analytics.domain.effective_dates import terms
from services.analytics.domain.indicator import Indicator, RollingWindow
from services.analytics.domain.indicator_form import EFFECTIVE_FROM, computes_alike, read_indicator
from shared.runtime.errors import FieldProblem

_DATE = f"/{EFFECTIVE_FROM}"
_REMEDY = "leave effective_from out, so that it counts for all windows, or use a new name"


def indicator_of(versions: Sequence[Definition]) -> Indicator:
    """The indicator by all its versions.

    Args:
        versions: the oldest first; the newest alone will do where it has no date.
    """
    newest = versions[-1]
    if EFFECTIVE_FROM not in newest.body:
        return read_indicator(newest.name, newest.computed_as, newest.body)
    found: list[Indicator] = []
    after = newest
    is_after_found = True
    for one in reversed(versions):
        read = replace(read_indicator(one.name, newest.computed_as, one.body), formula_since=one.version)
        if not found or _begins_before(read, found[0]):
            found.insert(0, read)
            is_after_found = True
        elif is_after_found and one.computed_as == after.computed_as and _says_alike(read, found[0]):
            found[0] = replace(found[0], formula_since=one.version)  # another title, say: it computes what it did
        else:
            is_after_found = False
        after = one
    return replace(found[-1], earlier=tuple(_as_said_now(one, found[-1]) for one in found[:-1]))


def _as_said_now(one: Indicator, newest: Indicator) -> Indicator:
    """What the newest version says of all windows, with what an earlier one says of its own."""
    return replace(
        newest,
        formula=one.formula,
        minimum_sample=one.minimum_sample,
        effective_from=one.effective_from,
        formula_since=one.formula_since,
    )


def version_behind(versions: Sequence[DefinedVersion], start: datetime) -> DefinedVersion:
    """The newest of the versions that count for a window that begins then; the first where none does.

    Args:
        versions: every version of one indicator, the oldest first.
    """
    for one in reversed(versions):
        date = one.definition.body.get(EFFECTIVE_FROM)
        if date is None or datetime.fromisoformat(date) <= start:
            return one
    return versions[0]


def phases_with_dates(
    rebases: Sequence[Rebase], indicator: Indicator, versions: Sequence[DefinedVersion]
) -> list[Rebase]:
    """The rebases in force, and one for each date from which the windows are computed otherwise, unless somebody has begun a phase there.

    Args:
        versions: every version of the indicator.
    """
    made = {rebase.starts_at: rebase for rebase in in_force(rebases)}
    by_version = {one.definition.version: one for one in versions}
    for term in terms(indicator)[1:]:
        if term.since is not None and term.since not in made:
            version = term.indicator.formula_version
            defined = by_version[version]
            reason = f"computed by version {version} from here on"
            made[term.since] = Rebase(term.since, reason, defined.defined_by, version, defined.defined_at)
    return [made[start] for start in sorted(made)]


def keeps_series(former: Indicator, indicator: Indicator) -> bool:
    """Whether a new version goes on with the series of the one before: its windows are the same windows, and each value that does not
    change with it stays as it is.
    """
    if indicator.effective_from is None:
        return former.effective_from is None and computes_alike(former, indicator)
    return bool(_surviving(former, indicator.effective_from)) or computes_alike(former, indicator)


def goes_back_to(former: Indicator, indicator: Indicator) -> datetime | None:
    """From when on a new version of the same series has windows computed anew; None where it has none."""
    return None if _says_alike(former, indicator) else indicator.effective_from


def date_problems(former: Indicator | None, indicator: Indicator) -> list[FieldProblem]:
    """Why a version cannot have the date of effect that it has; each with the remedy.

    Args:
        former: the indicator before; None for a new one.
    """
    date = indicator.effective_from
    if date is None:
        return []
    if isinstance(indicator.window, RollingWindow):
        return [FieldProblem(_DATE, f"parts windows, and rolling ones lie on both sides of it; {_REMEDY}")]
    before = [] if former is None else _surviving(former, date)
    return [problem for one in before[-1:] for problem in _differences(one, indicator)]


def _surviving(former: Indicator, date: datetime) -> list[Indicator]:
    """What windows before the date go on being computed by."""
    return [term.indicator for term in terms(former) if term.since is None or term.since < date]


def _differences(before: Indicator, after: Indicator) -> list[FieldProblem]:
    """What must be the same on both sides of a date, because it is one series: judged by the same rules, shown on one chart."""
    facts = {
        "/reading_type": (before.reading_type, after.reading_type),
        "/formula/kind": (before.formula.kind, after.formula.kind),
        "/by": (set(before.by), set(after.by)),
        "/window": (before.window, after.window),
        "/calendar": (before.calendar, after.calendar),
        "/direction": (before.direction, after.direction),
        "/unit": (before.unit, after.unit),
    }
    detail = f"must be what it is before effective_from; {_REMEDY}"
    return [FieldProblem(field, detail) for field, (one, other) in facts.items() if one != other]


def _begins_before(one: Indicator, other: Indicator) -> bool:
    if other.effective_from is None:
        return False
    return one.effective_from is None or one.effective_from < other.effective_from


def _says_alike(one: Indicator, other: Indicator) -> bool:
    return one.effective_from == other.effective_from and computes_alike(one, other)
