"""`If-Match: <version>`: the version that the caller has seen."""

import re

from fastapi import Request

from shared.web.errors import InvalidQuery

_VERSION = re.compile(r'^(?:W/)?"?(\d{1,18})"?$', re.ASCII)


def if_match(request: Request) -> int | None:
    """Dependency: the version, None when the header is missing or `*`. Raises InvalidQuery."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise InvalidQuery(f"If-Match: {header[:100]!r} is not a version; send the number you were given, such as 3")
    return int(match[1])
