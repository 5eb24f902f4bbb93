"""Every problem a caller may get, from the services' own tables."""

import inspect
from collections import defaultdict
from collections.abc import Iterator

from tools.reference.document import Document, markdown, table
from tools.reference.services import parts

_INTRODUCTION = (
    "Errors are `application/problem+json` (RFC 9457). `type` is `/problems/<id>`, a page that every process serves; `title` is "
    "always the same for an id; `detail` says what is wrong this time; `instance` names the request, as the log does; `errors` "
    "holds a JSON pointer and a remedy for each wrong field. Ids are never renamed or given another meaning."
)


def documents() -> Iterator[Document]:
    rows = [
        (f"`{name}`", str(status), title, meaning, ", ".join(raised))
        for (name, status, title), (meaning, raised) in sorted(_problems().items())
    ]
    heading = ("id", "status", "title", "meaning", "from")
    yield markdown("docs/reference/problems.md", "Problems", _INTRODUCTION, table(heading, rows))


def _problems() -> dict[tuple[str, int, str], tuple[str, list[str]]]:
    """(id, status, title) → its meaning and the services that answer with it."""
    raised: defaultdict[tuple[str, int, str], list[str]] = defaultdict(list)
    meanings: dict[tuple[str, int, str], str] = {}
    for service, module in parts("entrypoints/problems.py"):
        for error, kind in module.PROBLEMS.items():
            key = (error.id, kind.status, kind.title)
            raised[key].append(service)
            meanings.setdefault(key, (inspect.getdoc(error) or "").split("\n\n", maxsplit=1)[0])
    return {key: (meanings[key], services) for key, services in raised.items()}
