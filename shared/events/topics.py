"""The topics of Andon, in one table. Deploy configuration, AsyncAPI document and reference are generated from it."""

from dataclasses import dataclass
from datetime import timedelta

RAW_PREFIX = "raw."
READINGS = "readings"
PANE_DELTAS = "pane-deltas"
KPI_VALUES = "kpi-values"
ANOMALIES = "anomalies"
DEFINITIONS = "definitions"
READING_TYPES = "reading-types"
ISSUE_CHANGES = "issue-changes"
GOAL_CHANGES = "goal-changes"
DEAD_LETTERS = "dead-letters"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `retention` is None where Andon deletes below the stored offsets itself."""

    name: str
    owner: str
    key: str
    payload: str
    read_by: tuple[str, ...]
    partitions: int = 4
    retention: timedelta | None = None


TOPICS: tuple[Topic, ...] = (
    Topic(READINGS, "ingest", "none: split by the hash of (source, id)", "Arrow block of readings", ("analytics",)),
    Topic(READING_TYPES, "ingest", "name", "ReadingTypeDefined", ("analytics",), partitions=1),
    Topic(PANE_DELTAS, "analytics", "indicator and subject", "Arrow block of partial aggregates", ("analytics",)),
    Topic(KPI_VALUES, "analytics", "indicator and subject", "KpiValueComputed", ("goals",)),
    Topic(ANOMALIES, "analytics", "indicator and subject", "AnomalySnapshot", ("issues",)),
    Topic(DEFINITIONS, "analytics", "name", "CalendarDefined, IndicatorDefined", ("issues", "goals"), partitions=1),
    Topic(ISSUE_CHANGES, "issues", "issue", "IssueChanged", ("goals", "analytics")),
    Topic(GOAL_CHANGES, "goals", "goal set", "GoalSetChanged, GoalHealthChanged", ("analytics", "issues")),
    Topic(DEAD_LETTERS, "the pump", "original key", "DeadLetter", ("operators",), partitions=1),
)


def raw_topic(source: str) -> str:
    """The topic that a source's own producers write to."""
    return f"{RAW_PREFIX}{source}"


RAW_PARTITIONS = 4
RAW_RETENTION = timedelta(days=7)
"""Raw records belong to their producer; the broker expires them."""
