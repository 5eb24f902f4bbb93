"""The ports of analytics on SQL and on the event log.

All table files are imported here, so that the metadata is whole whichever of them is asked for.
"""

from services.analytics.adapters import (
    chart_tables,
    definition_tables,
    evaluate_tables,
    fold_tables,
    history_tables,
    statistics_tables,
)

__all__ = [
    "chart_tables",
    "definition_tables",
    "evaluate_tables",
    "fold_tables",
    "history_tables",
    "statistics_tables",
]
