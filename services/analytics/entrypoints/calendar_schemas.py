"""Shapes of requests and answers about calendars."""

from datetime import date

from pydantic import ConfigDict, Field

from services.analytics.domain.catalogue import Definition
from services.analytics.entrypoints.http_schemas import Body


class ShiftBody(Body):
    """A named span of every local day."""

    name: str
    starts: str = Field(description="local time of day", examples=["22:00"])
    ends: str = Field(
        description="local time of day; on the next day where it is not after `starts`", examples=["06:00"]
    )


class PublicHolidaysBody(Body):
    """Whose public holidays are days off."""

    country: str = Field(description="ISO 3166 code", examples=["CN"])
    subdivision: str | None = Field(default=None, description="of the country, where holidays differ", examples=["BY"])


class CalendarBody(Body):
    """A business calendar; what is left out is as in the calendar `default`: UTC, weeks from Monday, years from 1 January."""

    time_zone: str = Field(default="UTC", description="IANA name, such as Asia/Shanghai", examples=["Asia/Shanghai"])
    week_starts: str = Field(default="monday", description="weekday on which weeks begin")
    fiscal_year_starts: str = Field(default="01-01", description="MM-DD; quarters and years count from it")
    holidays: list[date] = Field(
        default_factory=list, description="the company's own days without working time, besides public holidays"
    )
    working_days: list[date] = Field(
        default_factory=list, description="days that the company works, though it is a weekend or a public holiday"
    )
    public_holidays: PublicHolidaysBody | None = Field(default=None, description="days off by law; none if left out")
    working_hours: dict[str, list[str]] = Field(
        default_factory=dict,
        description='weekday → spans such as "08:00-12:00", to 24:00 at most; a weekday left out has none',
    )
    shifts: list[ShiftBody] = Field(
        default_factory=list, description="for windows of a shift; they may pass midnight, and may not overlap"
    )


class PublicHolidaysShape(PublicHolidaysBody):
    """The public holidays of a calendar in force, as they were worked out when it was defined."""

    holidays: list[date]
    working_days: list[date] = Field(description="days of a weekend that are worked instead")


class CalendarShape(CalendarBody):
    """A calendar in force."""

    model_config = ConfigDict(extra="ignore")

    name: str
    version: int
    public_holidays: PublicHolidaysShape | None = None


def from_calendar(definition: Definition) -> CalendarShape:
    return CalendarShape.model_validate({**definition.body, "name": definition.name, "version": definition.version})
