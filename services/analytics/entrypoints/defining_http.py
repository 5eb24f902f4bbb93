"""What the routes that define something have in common."""

from typing import Any

from fastapi import Response

from services.analytics.domain.catalogue import Definition
from services.analytics.entrypoints.http_schemas import Body
from services.analytics.use_cases.defining import Define
from shared.runtime.actor import Actor
from shared.runtime.clock import Clock
from shared.runtime.defined import Defined, Outcome


def created(shape: type[Body]) -> dict[int | str, dict[str, Any]]:
    return {201: {"model": shape, "description": "the first version"}}


def command(name: str, body: Body, actor: Actor, clock: Clock) -> Define:
    return Define(name, body.definition(), actor.name, clock.now())


def answered(defined: Defined[Definition], response: Response) -> Definition:
    if defined.outcome is Outcome.CREATED:
        response.status_code = 201
    return defined.definition
