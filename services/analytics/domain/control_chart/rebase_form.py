"""Rebases as people send them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.analytics.domain.control_chart.baselining import MOST_WINDOWS, Baselining
from services.analytics.domain.control_chart.rebase import Rebase
from services.analytics.domain.errors import InvalidQuery, invalid
from services.analytics.domain.indicator import Indicator
from services.analytics.domain.spc.phases import Learning
from shared.calendars.calendar import Calendar
from shared.calendars.windows import window_at
from shared.runtime.errors import FieldProblem

_MOST_REASON = 500
_MOST_SUBJECT = 200
_EARLIEST, _LATEST = 1900, 2200


def read_rebase(sent: Rebase, *, subject: Mapping[str, str], indicator: Indicator, calendar: Calendar) -> Rebase:
    """The rebase, checked, with spaces around its reason removed.

    Raises:
        InvalidDefinition: no reason, not one subject, a moment at which no window begins, or a baseline of too few windows.
    """
    problems = [*_subject_problems(subject, indicator), *_start_problems(sent.starts_at, indicator, calendar)]
    problems += _baseline_problems(sent, indicator, calendar)
    reason = sent.reason.strip()
    if not reason or len(reason) > _MOST_REASON or "\x00" in reason:
        problems.append(FieldProblem("/reason", f"say in 1 to {_MOST_REASON} characters what changed in the process"))
    if problems:
        raise invalid(problems)
    return replace(sent, reason=reason, excluded=tuple(sorted(set(sent.excluded))))


def check_one_series(indicator: Indicator, subject: Mapping[str, str]) -> None:
    """Raises InvalidQuery unless the subject names each dimension of the indicator: a chart is of one series."""
    if set(subject) != set(indicator.by):
        wanted = "&".join(f"subject.{dimension}=…" for dimension in indicator.by) or "no subject"
        raise InvalidQuery(f"this is asked of one series of {indicator.name}; ask with {wanted}")


def _subject_problems(subject: Mapping[str, str], indicator: Indicator) -> list[FieldProblem]:
    by = ", ".join(indicator.by) or "no dimension"
    if set(subject) != set(indicator.by):
        return [FieldProblem("/subject", f"{indicator.name} is computed by {by}; name each of them and no other")]
    return [
        FieldProblem(f"/subject/{name}", f"write a text of 1 to {_MOST_SUBJECT} characters without NUL")
        for name, value in subject.items()
        if not value or len(value) > _MOST_SUBJECT or "\x00" in value
    ]


def _start_problems(
    moment: datetime, indicator: Indicator, calendar: Calendar, *, pointer: str = "/from"
) -> list[FieldProblem]:
    if not _EARLIEST <= moment.year < _LATEST:
        return [FieldProblem(pointer, f"choose a window between the years {_EARLIEST} and {_LATEST}")]
    window = window_at(calendar, indicator.window.cut, moment)
    if window.start == moment:
        return []
    return [FieldProblem(pointer, f"no window begins then; the one that holds it begins at {window.start.isoformat()}")]


def _baseline_problems(sent: Rebase, indicator: Indicator, calendar: Calendar) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    windows = Baselining().of_phase(sent.begun).windows
    least = Learning().least
    if not least <= windows <= MOST_WINDOWS:
        problems.append(FieldProblem("/baseline_windows", f"choose {least} to {MOST_WINDOWS} windows"))
    elif windows - len(set(sent.excluded)) < least:
        detail = (
            f"leaves fewer than {least} of {windows} windows to set limits; exclude fewer, or raise baseline_windows"
        )
        problems.append(FieldProblem("/excluded", detail))
    for place, moment in enumerate(sent.excluded):
        pointer = f"/excluded/{place}"
        if moment < sent.starts_at:
            problems.append(
                FieldProblem(pointer, "lies before the phase; name windows of the phase that begins at `from`")
            )
        else:
            problems += _start_problems(moment, indicator, calendar, pointer=pointer)
    return problems
