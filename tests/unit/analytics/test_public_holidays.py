"""Public holidays as people name them, and what becomes of a day that company and country see differently."""

from datetime import date
from typing import Any

import pytest

from services.analytics.domain.calendar_form import calendar_body, read_calendar, stored_calendar
from services.analytics.domain.errors import InvalidDefinition
from shared.calendars.calendar import calendar_from_definition

CHINA: dict[str, Any] = {"time_zone": "Asia/Shanghai", "public_holidays": {"country": "CN"}}


def test_the_spring_festival_is_free_and_its_working_weekends_are_not() -> None:
    calendar = read_calendar("plant", CHINA).calendar
    assert not calendar.is_working_day(date(2026, 2, 17))
    assert calendar.is_working_day(date(2026, 2, 14))  # a Saturday
    assert calendar.is_working_day(date(2026, 2, 28))
    assert not calendar.is_working_day(date(2026, 2, 21))  # a Saturday like any other


def test_holidays_of_a_part_of_a_country() -> None:
    bavaria = read_calendar("plant", {"public_holidays": {"country": "DE", "subdivision": "BY"}}).calendar
    berlin = read_calendar("plant", {"public_holidays": {"country": "DE", "subdivision": "BE"}}).calendar
    epiphany = date(2026, 1, 6)
    assert (bavaria.is_working_day(epiphany), berlin.is_working_day(epiphany)) == (False, True)


def test_what_the_company_says_of_a_day_holds() -> None:
    own = {"holidays": ["2026-02-14"], "working_days": ["2026-10-01"]}
    calendar = read_calendar("plant", CHINA | own).calendar
    assert not calendar.is_working_day(date(2026, 2, 14))
    assert calendar.is_working_day(date(2026, 10, 1))


def test_what_is_stored_and_what_is_published_are_the_same_calendar() -> None:
    defined = read_calendar("plant", CHINA | {"holidays": ["2026-12-24"]})
    assert stored_calendar("plant", defined.body()) == defined.calendar
    assert calendar_from_definition("plant", calendar_body(defined.calendar)) == defined.calendar


@pytest.mark.parametrize(
    ("fields", "pointer", "remedy"),
    [
        ({"public_holidays": {"country": "XX"}}, "/public_holidays/country", "such as CN, DE or US"),
        ({"public_holidays": {}}, "/public_holidays/country", "such as CN, DE or US"),
        ({"public_holidays": "CN"}, "/public_holidays", "write for example {country: CN}"),
        ({"public_holidays": {"country": "DE", "subdivision": "XY"}}, "/public_holidays/subdivision", "BY"),
        ({"public_holidays": {"country": "CN", "year": 2026}}, "/public_holidays/year", "country, subdivision"),
        ({"working_days": ["2026-02-30"]}, "/working_days", "write for example 2026-10-01"),
        ({"holidays": ["2026-05-01"], "working_days": ["2026-05-01"]}, "/working_days", "leave them out of one"),
        ({"working_hours": {"monday": ["00:00-24:00", "08:00-09:00"]}}, "/working_hours", "without overlap"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(fields: dict[str, Any], pointer: str, remedy: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_calendar("plant", fields)
    [problem] = refused.value.errors
    assert problem.pointer == pointer
    assert remedy in problem.detail


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_calendar("plant", {"time_zone": "Mars", "public_holidays": {"country": "XX"}})
    assert [one.pointer for one in refused.value.errors] == ["/time_zone", "/public_holidays/country"]
