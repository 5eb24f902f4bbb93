"""Every problem a caller may get, from the tables that the pages `/problems/<id>` are made of."""

from collections.abc import Iterator

from shared.web.errors import WEB_PROBLEMS
from shared.web.problem_pages import problem_pages
from tools.reference.document import Document, markdown, table
from tools.reference.services import parts

_INTRODUCTION = (
    "Errors are `application/problem+json` (RFC 9457). `type` is `/problems/<id>`, a page that every process serves; `title` is "
    "always the same for an id; `detail` says what is wrong this time; `instance` names the request, as the log does; `errors` "
    "holds a JSON pointer and a remedy for each wrong field. Ids are never renamed or given another meaning."
)


def documents() -> Iterator[Document]:
    kinds = dict(WEB_PROBLEMS)
    for _, module in parts("entrypoints/problems.py"):
        kinds.update(module.PROBLEMS)
    pages = problem_pages(kinds)
    rows = [(f"`{page.id}`", str(page.status), page.title, page.meaning) for _, page in sorted(pages.items())]
    heading = ("id", "status", "title", "meaning")
    yield markdown("docs/reference/problems.md", "Problems", _INTRODUCTION, table(heading, rows))
