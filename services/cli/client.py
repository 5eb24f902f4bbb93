"""Calling a running Andon: address, actor or token, and problems as errors for people."""

import os
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

DEFAULT_URL = "http://127.0.0.1:8080"
_TIMEOUT_SECONDS = 60.0
_NOT_FOUND = 404
_ASK_AGAIN = (429, 503)
_MOST_TRIES = 30
_LONGEST_PAUSE_SECONDS = 10.0


class CallFailed(Exception):
    """The server refused or could not be reached; the message says what to change. `status` is None without an answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """One running Andon; a context manager. The address is ANDON_URL, a bearer token ANDON_TOKEN, the actor ANDON_ACTOR, unless given."""

    def __init__(self, url: str | None = None, actor: str | None = None) -> None:
        token, actor = os.environ.get("ANDON_TOKEN"), actor or os.environ.get("ANDON_ACTOR")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if actor:
            headers["Andon-Actor"] = actor
        self.url = url or os.environ.get("ANDON_URL", DEFAULT_URL)
        try:
            self._http = httpx.Client(base_url=self.url, headers=headers, timeout=_TIMEOUT_SECONDS)
        except httpx.InvalidURL as error:
            raise CallFailed(f"{self.url} is no address: {error}; write for example {DEFAULT_URL}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        """The answer's JSON. Raises CallFailed."""
        return self._call("GET", path, params=parameters).json()

    def find(self, path: str) -> Any | None:
        """The answer's JSON, or None where there is nothing. Raises CallFailed."""
        answer = self._send("GET", path)
        return None if answer.status_code == _NOT_FOUND else _checked(answer).json()

    def text(self, path: str) -> str:
        """The answer as text. Raises CallFailed."""
        return self._call("GET", path).text

    def put(self, path: str, body: Any) -> httpx.Response:
        """Raises CallFailed."""
        return self._call("PUT", path, json=body)

    def post(self, path: str, body: Any, parameters: Mapping[str, str | int] | None = None) -> Any:
        """The answer's JSON. Raises CallFailed."""
        return self._call("POST", path, json=body, params=parameters).json()

    def post_lines(self, path: str, lines: bytes) -> Any:
        """Post NDJSON; a server that asks for patience is asked again, for a minute or so. Raises CallFailed."""
        headers = {"content-type": "application/x-ndjson"}
        for _ in range(_MOST_TRIES):
            answer = self._send("POST", path, content=lines, headers=headers)
            if answer.status_code not in _ASK_AGAIN:
                break
            threading.Event().wait(_pause(answer))
        return _checked(answer).json()

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
        return _checked(self._send(method, path, **request))

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **request)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise CallFailed(f"no answer from {self.url}: {error}. Is `andon run` running?") from error


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise CallFailed(explained(answer), answer.status_code)
    return answer


def _pause(answer: httpx.Response) -> float:
    """How many seconds the server asks to wait."""
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_PAUSE_SECONDS) if asked.isdigit() else 1.0


def explained(answer: httpx.Response) -> str:
    """A problem document as lines for a terminal: what is wrong, then field by field with the remedy."""
    try:
        problem = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.reason_phrase}: {answer.text[:500]}"
    lines = [f"{problem.get('title', answer.reason_phrase)}: {problem.get('detail', '')}"]
    lines.extend(f"  {error['pointer']}: {error['detail']}" for error in problem.get("errors", []))
    return "\n".join(lines)
