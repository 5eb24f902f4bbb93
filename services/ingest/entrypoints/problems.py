"""Error → (status, title)."""

from collections.abc import Mapping

from services.ingest.domain import errors
from shared.web.problems import ProblemKind

PROBLEMS: Mapping[type[Exception], ProblemKind] = {
    errors.UnknownSource: ProblemKind(404, "There is no such source"),
    errors.UnknownReadingType: ProblemKind(404, "There is no such reading type"),
    errors.UnknownEntry: ProblemKind(404, "There is no such entry in quarantine"),
    errors.InvalidDefinition: ProblemKind(422, "The definition is wrong"),
    errors.UnreadableBody: ProblemKind(400, "The body cannot be read"),
    errors.UnsupportedMediaType: ProblemKind(415, "This content type is not taken"),
    errors.Overloaded: ProblemKind(429, "Too much at once"),
    errors.StillWrong: ProblemKind(422, "The corrected event cannot become a reading"),
    errors.EntryClosed: ProblemKind(409, "The entry is closed"),
}
