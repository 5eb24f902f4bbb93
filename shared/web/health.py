"""Liveness, readiness and metrics of a process."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel
from starlette.responses import JSONResponse


class Health(BaseModel):
    """`reasons` is empty when all is well."""

    status: str
    reasons: list[str]


def make_health_router(registry: CollectorRegistry, unready: Callable[[], Sequence[str]]) -> APIRouter:
    """`/healthz` says that the process answers, `/readyz` whether it can do its work, `/metrics` what it counts."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz", response_model=Health)
    def healthz() -> Health:
        return Health(status="alive", reasons=[])

    @router.get("/readyz", response_model=Health, responses={503: {"model": Health, "description": "not ready"}})
    def readyz() -> Response:
        reasons = list(unready())
        body = Health(status="not ready" if reasons else "ready", reasons=reasons)
        return JSONResponse(body.model_dump(), status_code=503 if reasons else 200)

    @router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
