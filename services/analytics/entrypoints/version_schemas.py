"""The versions of definitions, as shown over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.analytics.domain.definition_changes import ChangedVersion
from services.analytics.domain.indicator_form import EFFECTIVE_FROM


class FieldChangeShape(BaseModel):
    """A field that the version changed; null where a version does not have it."""

    field: str
    before: Any
    after: Any


class VersionShape(BaseModel):
    """One version of a definition; what an anomaly carries as `rule_version` is that of its rule."""

    version: int
    defined_at: datetime
    defined_by: str
    changes: list[FieldChangeShape] = Field(
        description="against the version before; none for the first, and where an indicator's calendar or parts changed"
    )
    definition: dict[str, Any]


class IndicatorVersionShape(VersionShape):
    """One version of an indicator. `computed_as`: the version that its values carry as `indicator_version`."""

    computed_as: int
    effective_from: datetime | None = Field(
        description="windows that begin then or later are computed by it, until a later version's; null for all"
    )


def from_version(found: ChangedVersion) -> VersionShape:
    """As shown over HTTP."""
    definition = found.version.definition
    return VersionShape(
        version=definition.version,
        defined_at=found.version.defined_at,
        defined_by=found.version.defined_by,
        changes=[FieldChangeShape(field=one.field, before=one.before, after=one.after) for one in found.changes],
        definition=dict(definition.body),
    )


def from_indicator_version(found: ChangedVersion) -> IndicatorVersionShape:
    """As shown over HTTP."""
    definition = found.version.definition
    return IndicatorVersionShape(
        **dict(from_version(found)),
        computed_as=definition.computed_as,
        effective_from=definition.body.get(EFFECTIVE_FROM),
    )
