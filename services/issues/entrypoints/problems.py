"""Error → (status, title)."""

from collections.abc import Mapping

from services.issues.domain import errors
from shared.web.problems import ProblemKind

PROBLEMS: Mapping[type[Exception], ProblemKind] = {
    errors.UnknownIssue: ProblemKind(404, "There is no such issue"),
    errors.UnknownPart: ProblemKind(404, "The issue has no such part"),
    errors.TransitionRefused: ProblemKind(409, "The workflow does not allow this now"),
    errors.Forbidden: ProblemKind(403, "The actor may not do this"),
    errors.StaleVersion: ProblemKind(412, "The issue has changed since"),
    errors.InvalidRequest: ProblemKind(422, "A field is wrong"),
    errors.ChangedMeanwhile: ProblemKind(409, "Somebody else was faster"),
}
