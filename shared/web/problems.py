"""RFC 9457: what an error looks like on the wire."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from shared.runtime.errors import FieldProblem

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """How one kind of error is shown: its HTTP status and its constant title. The id is the error's own."""

    status: int
    title: str


class ProblemField(BaseModel):
    """One field of the input that is wrong."""

    pointer: str = Field(description="JSON pointer into the input")
    detail: str = Field(description="what is wrong, and the remedy")


class ProblemDocument(BaseModel):
    """An error, as `application/problem+json`. Further members are facts of this kind of problem."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`/problems/<id>`; the id never changes")
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemField] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of one request, ready to be written."""

    id: str
    kind: ProblemKind
    detail: str
    errors: Sequence[FieldProblem] = ()
    facts: Mapping[str, object] | None = None
    headers: Mapping[str, str] | None = None

    def response(self, request_id: str) -> Response:
        """The answer. Facts stand beside the members of RFC 9457 and cannot replace them.

        Written in ASCII, because a message may quote input that no encoding has, such as half a surrogate pair.
        """
        document: dict[str, Any] = {
            **(self.facts or {}),
            "type": f"/problems/{self.id}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": f"urn:request:{request_id}",
            "errors": [{"pointer": error.pointer, "detail": error.detail} for error in self.errors],
        }
        body = json.dumps(document, ensure_ascii=True, default=str)
        return Response(body, self.kind.status, dict(self.headers or {}), media_type=PROBLEM_JSON)
