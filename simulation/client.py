"""Calls the services' HTTP endpoints without HTTP: the function behind a route, with what the framework would have passed it.

Parsing of bodies is part of it; sockets, threads and the event loop are not.
"""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.process.service import OPERATIONAL_ERRORS, Service
from shared.runtime.actor import Actor
from shared.runtime.errors import DomainError
from shared.web.pagination import PageRequest
from shared.web.raw_body import RawBody

_LINES = b"application/x-ndjson"


class Unanswered(Exception):
    """The service is away, or has answered 503: the request may or may not have had its effect."""


class Refused(Exception):
    """The service has refused, and nothing was done; `error` says why."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(str(error))
        self.error = error


class _Body(RawBody):
    """A body that is at hand."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.has_ended = True

    def chunks(self, least_bytes: int) -> Iterator[bytes]:  # noqa: ARG002 - all of it is one piece
        yield self._body


class Client:
    """Whoever calls one instance of a service."""

    def __init__(self, service: Service) -> None:
        routes = [route for router in service.routers for route in router.routes if isinstance(route, APIRoute)]
        self._endpoints = {
            f"{method} {route.path}": route.endpoint for route in routes for method in route.methods or ()
        }

    def call(self, operation: str, actor: Actor, body: Mapping[str, Any] | None = None, **given: Any) -> Any:
        """What an endpoint returns.

        Args:
            operation: method and path as the service declares it, such as `PUT /v1/rules/{name}`.
            given: parameters of path and query, and `version` for If-Match.

        Raises:
            Unanswered, Refused.
        """
        known = {**given, "actor": actor, "response": Response(), "page": PageRequest(None, 1000)}
        endpoint = self._endpoints[operation]
        arguments = _bound(endpoint, known, body)
        return _answered(lambda: endpoint(**arguments))

    def send_events(self, events: Sequence[bytes]) -> Any:
        """Post events as lines; returns the answer as a sender reads it. Raises Unanswered, Refused."""
        request = Request({"type": "http", "headers": [(b"content-type", _LINES)]})
        body = _Body(b"".join(event + b"\n" for event in events))
        endpoint = self._endpoints["POST /v1/metric-events"]
        return json.loads(_answered(lambda: endpoint(request=request, body=body)).body)


def _answered(request: Callable[[], Any]) -> Any:
    """What a request returns, with the errors that a caller is told apart from those that are faults of the program."""
    try:
        return request()
    except OPERATIONAL_ERRORS as error:
        raise Unanswered(str(error)) from error
    except DomainError as error:
        raise Refused(error) from error


def line(event: Mapping[str, Any]) -> bytes:
    """An event as it is sent."""
    return json.dumps(event, ensure_ascii=False).encode()


def _bound(endpoint: Any, known: Mapping[str, Any], body: Mapping[str, Any] | None) -> dict[str, Any]:
    arguments = {}
    for name, parameter in inspect.signature(endpoint).parameters.items():
        if name in known:
            arguments[name] = known[name]
        elif (shape := _body_shape(parameter.annotation)) is not None and body is not None:
            arguments[name] = shape.model_validate(body) if issubclass(shape, BaseModel) else dict(body)
        elif parameter.default is inspect.Parameter.empty:
            arguments[name] = None if name == "version" else {}
    return arguments


def _body_shape(annotation: Any) -> Any:
    """The model of a body parameter, or `dict` where it takes any object; None for any other parameter."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return dict if get_origin(annotation) is dict else None
