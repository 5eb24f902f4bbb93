"""What must be judged anew when definitions change: everything of an indicator, or the series whose phases have changed."""

from dataclasses import replace
from typing import Any

import pytest

from services.analytics.domain.begun_phase import BegunPhase
from services.analytics.domain.catalogue import BegunPhases, Catalogue, make_catalogue
from services.analytics.domain.rule_form import read_rule
from shared.calendars.calendar import DEFAULT_CALENDAR
from tests.unit.analytics.examples import indicator, rule, week

NAME = "first-pass-yield"
LEARNING = read_rule("steady", 1, {"indicator": NAME, "kind": "control_chart"})


def catalogue(phases: dict[str, int], **changed: Any) -> Catalogue:
    """With lines of which phases were last begun or taken back at these revisions."""
    begun = {(NAME, line): BegunPhases((BegunPhase(week(1).start),), revision) for line, revision in phases.items()}
    facts = {"indicators": [indicator()], "calendars": {"default": DEFAULT_CALENDAR}, "rules": [LEARNING, rule()]}
    return make_catalogue(revision=9, begun_phases=begun, **(facts | changed))


@pytest.mark.parametrize(
    ("before", "after", "subjects"),
    [
        ({}, {"A": 4}, ["A"]),
        ({"A": 4}, {"A": 4, "B": 5}, ["B"]),
        ({"A": 4, "B": 5}, {"A": 7, "B": 5}, ["A"]),
        ({"A": 4}, {"A": 6, "B": 5}, ["A", "B"]),
        ({}, {"A": 0}, ["A"]),
    ],
)
def test_phases_alone_concern_their_own_series(
    before: dict[str, int], after: dict[str, int], subjects: list[str]
) -> None:
    earlier, later = catalogue(before), catalogue(after)
    assert later.judging(NAME) != earlier.judging(NAME)
    assert later.subjects_rephased(NAME, earlier.judging(NAME)) == subjects
    assert later.subjects_rephased(NAME, later.judging(NAME)) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"rules": [LEARNING]},
        {"rules": [replace(LEARNING, version=12), rule()]},
        {"rules": [LEARNING, rule(version=12)]},
        {"indicators": [indicator(minimum_sample=5)]},
    ],
)
def test_whatever_else_has_changed_concerns_all_series(changed: dict[str, Any]) -> None:
    judged = catalogue({"A": 4}).judging(NAME)
    later = catalogue({"A": 4, "B": 5}, **changed)
    assert later.subjects_rephased(NAME, judged) is None


@pytest.mark.parametrize("judged", ["", "1/0/", "/5f2c"])
def test_so_does_a_text_that_says_nothing_of_revisions(judged: str) -> None:
    """Before the first judgement; and as earlier releases wrote it, with a hash of the phases."""
    now = catalogue({"A": 4})
    known = now.judging(NAME).removesuffix("/phases@4") + judged if judged.startswith("/") else judged
    assert now.subjects_rephased(NAME, known) is None


def test_rules_that_remember_nothing_know_of_no_phases() -> None:
    assert catalogue({"A": 4}, rules=[rule()]).judging(NAME) == catalogue({}, rules=[rule()]).judging(NAME)
