"""The versions of a rule, as shown over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.analytics.use_cases.query_rules import RuleVersion


class RuleFieldChange(BaseModel):
    """One field; null where the version does not have it."""

    field: str
    before: Any
    after: Any


class RuleVersionShape(BaseModel):
    """One version of a rule; its anomalies carry the number as `rule_version`."""

    version: int
    defined_at: datetime
    defined_by: str
    changes: list[RuleFieldChange] = Field(description="against the version before; none for the first")
    definition: dict[str, Any]


def from_rule_version(found: RuleVersion) -> RuleVersionShape:
    """As shown over HTTP."""
    definition = found.version.definition
    return RuleVersionShape(
        version=definition.version,
        defined_at=found.version.defined_at,
        defined_by=found.version.defined_by,
        changes=[RuleFieldChange(field=one.field, before=one.before, after=one.after) for one in found.changes],
        definition=dict(definition.body),
    )
