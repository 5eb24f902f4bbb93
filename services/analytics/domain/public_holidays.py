"""Public holidays of a country, and the weekends that it works for them (调休), as the `holidays` library knows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.calendars.calendar import read_days
from shared.runtime.form import Form, a_text

YEARS = range(2000, 2051)
"""For which they are worked out. Working weekends are known for the years for which they have been announced."""

_KEYS = ("country", "subdivision")
_COUNTRY_REMEDY = "write an ISO 3166 code such as CN, DE or US"


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Attributes:
    country, subdivision: ISO 3166 codes, as they were written.
    holidays: days off, substitutes included.
    working_days: days of a weekend that are worked instead.
    """

    country: str
    subdivision: str | None
    holidays: frozenset[date]
    working_days: frozenset[date]

    def body(self) -> dict[str, Any]:
        """As it is stored and shown."""
        return {
            "country": self.country,
            **({} if self.subdivision is None else {"subdivision": self.subdivision}),
            "holidays": _days(self.holidays),
            "working_days": _days(self.working_days),
        }


def read_public_holidays(form: Form) -> PublicHolidays | None:
    """The field `public_holidays` as people write it; what is wrong is reported."""
    if not form.has("public_holidays"):
        return None
    part = form.part("public_holidays", "write for example {country: CN}, or {country: DE, subdivision: BY}")
    part.only("public_holidays", _KEYS)
    country = part.require("country", a_text, "", remedy=_COUNTRY_REMEDY)
    subdivision = part.read("subdivision", a_text, None)
    if part.problems:
        return None
    return _of_country(part, country, subdivision)


def stored_public_holidays(body: Mapping[str, Any]) -> PublicHolidays:
    """As `body` wrote them: they change with a new version of the calendar, not with one of the library."""
    return PublicHolidays(
        body["country"], body.get("subdivision"), read_days(body["holidays"]), read_days(body["working_days"])
    )


def _of_country(part: Form, country: str, subdivision: str | None) -> PublicHolidays | None:
    # Loaded by the first calendar that asks; every start of the service would pay for it.
    import holidays  # noqa: PLC0415 - see above

    known = holidays.list_supported_countries().get(country)
    if known is None:
        part.report("country", f"{country!r} is not a country whose holidays are known; {_COUNTRY_REMEDY}")
        return None
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=YEARS)
    except NotImplementedError:
        remedy = f"use one of {', '.join(known)}" if known else "leave it out"
        part.report("subdivision", f"{subdivision!r} is not a part of {country} with holidays of its own; {remedy}")
        return None
    return PublicHolidays(country, subdivision, frozenset(found), frozenset(found.weekend_workdays))


def _days(days: frozenset[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]
