"""`/problems/<id>`: the page that each problem's `type` points to."""

from collections.abc import Mapping
from typing import cast

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from shared.runtime.errors import DomainError
from shared.web.problems import ProblemKind


class ProblemPage(BaseModel):
    """What a kind of problem means."""

    id: str
    title: str
    status: int
    meaning: str


GENERIC = (
    ProblemPage(id="invalid-request", title="The request is not of the form asked for", status=422, meaning="A field is missing or of the wrong kind; `errors` names each."),
    ProblemPage(id="unreadable-request", title="The request cannot be read", status=400, meaning="The body or a header is not what HTTP allows."),
    ProblemPage(id="not-found", title="There is nothing here", status=404, meaning="No route has this path."),
    ProblemPage(id="method-not-allowed", title="Not with this method", status=405, meaning="The path knows other methods."),
    ProblemPage(id="unavailable", title="A part that this needs is away", status=503, meaning="The log or a database cannot be reached. Nothing is lost; send the same again after `Retry-After`."),
    ProblemPage(id="internal-error", title="Something is wrong here", status=500, meaning="A fault of the program, logged under the request's id."),
)  # fmt: skip


def problem_pages(kinds: Mapping[type[Exception], ProblemKind]) -> dict[str, ProblemPage]:
    """Every problem that an application can answer with, by id."""
    pages = {page.id: page for page in GENERIC}
    for error, kind in kinds.items():
        problem_id = cast("type[DomainError]", error).id
        meaning = " ".join((error.__doc__ or "").split())
        pages[problem_id] = ProblemPage(id=problem_id, title=kind.title, status=kind.status, meaning=meaning)
    return pages


def make_problem_pages(kinds: Mapping[type[Exception], ProblemKind]) -> APIRouter:
    """Routes that explain the problems."""
    pages = problem_pages(kinds)
    router = APIRouter(prefix="/problems", tags=["operation"])

    @router.get("/{problem_id}", response_model=ProblemPage)
    def problem_page(problem_id: str) -> ProblemPage:
        if problem_id not in pages:
            raise HTTPException(404)
        return pages[problem_id]

    return router
