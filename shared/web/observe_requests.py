"""What every request gets: an id, a time, and a plain 500 for what nobody expected."""

import time

from fastapi import Request
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime.identifiers import IdSource
from shared.telemetry.logging import logger
from shared.telemetry.metrics import MetricFactory
from shared.web.problems import Problem, ProblemKind

UNEXPECTED = ProblemKind(500, "Something is wrong here")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ANSWER = 499
"""The status that is counted where the sender went away before an answer began."""


def request_seconds(make: MetricFactory) -> Histogram:
    """What `ObserveRequests` counts in."""
    return make.seconds("request", "Time to answer a request.", ("method", "route", "status"))


class ObserveRequests:
    """The outermost layer of the application.

    A layer of the server's own protocol and not of Starlette's `BaseHTTPMiddleware`, which starts a task and two streams for each
    request: a tenth of a millisecond.
    """

    def __init__(self, application: ASGIApp, *, ids: IdSource, seconds: Histogram) -> None:
        """Made with the first request: the metric has to be there before."""
        self._application = application
        self._ids = ids
        self._seconds = seconds
        self._log = logger("web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request_id = self._ids.next()
        scope.setdefault("state", {})["request_id"] = request_id
        status = _NO_ANSWER
        started = time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._application(scope, receive, answer)
        except Exception:
            self._log.exception("unexpected_error", request_id=request_id, path=scope["path"])
            if status != _NO_ANSWER:
                raise  # half an answer is out: the server breaks the connection, so that nobody takes it for a whole one
            await _sorry(request_id)(scope, receive, answer)
        finally:
            self._observe(Request(scope), status, time.perf_counter() - started)

    def _observe(self, request: Request, status: int, seconds: float) -> None:
        route = getattr(request.scope.get("route"), "path", "none")
        method = request.method if request.method in _METHODS else "other"
        self._seconds.labels(method, route, str(status)).observe(seconds)


def _sorry(request_id: str) -> ASGIApp:
    detail = "the fault is ours and has been logged under this request's id"
    return Problem("internal-error", UNEXPECTED, detail).response(request_id)
