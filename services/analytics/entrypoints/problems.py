"""How the errors of analytics are shown over HTTP."""

from collections.abc import Mapping

from services.analytics.domain.errors import (
    HistoryIncomplete,
    InvalidDefinition,
    InvalidQuery,
    UnknownAnomaly,
    UnknownCalendar,
    UnknownIndicator,
    UnknownRule,
    UnknownWindow,
)
from shared.web.problems import ProblemKind

PROBLEMS: Mapping[type[Exception], ProblemKind] = {
    UnknownCalendar: ProblemKind(404, "There is no such calendar"),
    UnknownIndicator: ProblemKind(404, "There is no such indicator"),
    UnknownRule: ProblemKind(404, "There is no such rule"),
    UnknownAnomaly: ProblemKind(404, "There is no such anomaly"),
    UnknownWindow: ProblemKind(404, "There is no value of this window"),
    HistoryIncomplete: ProblemKind(409, "The history is still being computed"),
    InvalidDefinition: ProblemKind(422, "The definition is not valid"),
    InvalidQuery: ProblemKind(400, "The question cannot be answered"),
}
