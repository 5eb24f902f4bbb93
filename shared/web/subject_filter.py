"""`subject.<dimension>=<value>` in a query: the same in every list."""

from fastapi import Request

from shared.web.errors import InvalidQuery

_PREFIX = "subject."


def subject_filter(request: Request) -> dict[str, str]:
    """Dependency: dimension → value that the subject must have. Raises InvalidQuery."""
    wanted: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if not name.startswith(_PREFIX):
            continue
        dimension = name.removeprefix(_PREFIX)
        if not dimension or "\x00" in name + value or wanted.get(dimension, value) != value:
            raise InvalidQuery(f"{name!r}: name one dimension and one value, as in subject.line=A")
        wanted[dimension] = value
    return wanted
