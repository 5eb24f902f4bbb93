"""Calling a running Andon: address, actor or token, and problems as errors for people."""

import os
from collections.abc import Mapping
from typing import Any

import httpx

DEFAULT_URL = "http://127.0.0.1:8080"
_TIMEOUT_SECONDS = 60.0


class CallFailed(Exception):
    """The server refused or could not be reached; the message says what to change."""


class Client:
    """One running Andon. The address is ANDON_URL, a bearer token ANDON_TOKEN, the actor ANDON_ACTOR, unless given."""

    def __init__(self, url: str | None = None) -> None:
        token, actor = os.environ.get("ANDON_TOKEN"), os.environ.get("ANDON_ACTOR")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if actor:
            headers["Andon-Actor"] = actor
        self.url = url or os.environ.get("ANDON_URL", DEFAULT_URL)
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=_TIMEOUT_SECONDS)

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        """The answer's JSON. Raises CallFailed."""
        return self._call("GET", path, params=parameters).json()

    def put(self, path: str, body: Any) -> httpx.Response:
        """Raises CallFailed."""
        return self._call("PUT", path, json=body)

    def post(self, path: str, body: Any) -> Any:
        """The answer's JSON. Raises CallFailed."""
        return self._call("POST", path, json=body).json()

    def post_lines(self, path: str, lines: bytes) -> Any:
        """Post NDJSON. Raises CallFailed."""
        return self._call("POST", path, content=lines, headers={"content-type": "application/x-ndjson"}).json()

    def everything(self, path: str, parameters: Mapping[str, str | int] | None = None) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        asked = {"limit": 500, **(parameters or {})}
        while True:
            page = self.get(path, asked)
            items.extend(page["items"])
            if page["next"] is None:
                return items
            asked["cursor"] = page["next"]

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise CallFailed(f"no answer from {self.url}: {error}. Is `andon run` running?") from error
        if answer.is_error:
            raise CallFailed(explained(answer))
        return answer


def explained(answer: httpx.Response) -> str:
    """A problem document as lines for a terminal: what is wrong, then field by field with the remedy."""
    try:
        problem = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.reason_phrase}: {answer.text[:500]}"
    lines = [f"{problem.get('title', answer.reason_phrase)}: {problem.get('detail', '')}"]
    lines.extend(f"  {error['pointer']}: {error['detail']}" for error in problem.get("errors", []))
    return "\n".join(lines)
