"""Error → (status, title)."""

from collections.abc import Mapping

from services.goals.domain import errors
from shared.web.problems import ProblemKind

PROBLEMS: Mapping[type[Exception], ProblemKind] = {
    errors.UnknownGoalSet: ProblemKind(404, "There is no such goal set"),
    errors.InvalidGoal: ProblemKind(422, "The goals are wrong"),
    errors.TransitionRefused: ProblemKind(409, "The workflow does not allow this now"),
    errors.Forbidden: ProblemKind(403, "The actor may not do this"),
    errors.StaleVersion: ProblemKind(412, "The goal set has changed since"),
    errors.ChangedMeanwhile: ProblemKind(409, "Somebody else was faster"),
}
