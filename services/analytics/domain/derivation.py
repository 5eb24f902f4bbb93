"""Whether an indicator may be derived from others, and what must follow when one of them changes."""

from collections.abc import Mapping

from services.analytics.domain.indicator import Indicator
from shared.runtime.errors import FieldProblem

Known = Mapping[str, Indicator]
"""By name, at the versions in force."""


def derivation_problems(indicator: Indicator, known: Known) -> list[FieldProblem]:
    """Why it cannot be computed from its parts, or others not any more from it; each with the remedy."""
    field = "/formula/weights" if indicator.formula.weights else "/formula/expression"
    missing = [name for name in indicator.formula.parts if name not in known and name != indicator.name]
    if missing:
        detail = f"there is no indicator {missing[0]!r}; PUT /v1/indicators/{missing[0]} first"
        return [FieldProblem(field, detail)]
    if indicator.name in _rests_on(indicator, known):
        return [FieldProblem(field, f"comes back to {indicator.name} itself; derive it from others")]
    of_parts = [problem for name in indicator.formula.parts for problem in _differences(indicator, known[name])]
    return [*of_parts, *_problems_above(indicator, known)]


def dependents(name: str, known: Known) -> list[str]:
    """The indicators that are derived from it, or from what is, each once and after all that it rests on."""
    waiting = {one.name for one in known.values() if name in _rests_on(one, known)}
    found: list[str] = []
    while waiting:
        ready = sorted(one for one in waiting if not waiting & set(known[one].parts))
        found += ready
        waiting -= set(ready)
    return found


def _rests_on(indicator: Indicator, known: Known) -> set[str]:
    """Its parts, and theirs; cycles do not matter."""
    found: set[str] = set()
    waiting = list(indicator.parts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += known[name].parts if name in known else ()
    return found


def _differences(derived: Indicator, part: Indicator) -> list[FieldProblem]:
    """A value is computed from values of the same subject and window."""
    problems = []
    if set(derived.by) != set(part.by):
        by = ", ".join(part.by)
        problems.append(FieldProblem("/by", f"{part.name} is computed by {by or 'no dimension'}; write [{by}]"))
    if derived.window != part.window:
        problems.append(FieldProblem("/window", f"{part.name} has other windows; give both the same"))
    if derived.calendar != part.calendar:
        problems.append(
            FieldProblem("/calendar", f"{part.name} has the calendar {part.calendar}; write {part.calendar}")
        )
    return problems


def _problems_above(part: Indicator, known: Known) -> list[FieldProblem]:
    return [
        FieldProblem(problem.pointer, f"{above.name} is computed from {part.name} and has another; use a new name")
        for above in known.values()
        if part.name in above.parts
        for problem in _differences(above, part)
    ]
