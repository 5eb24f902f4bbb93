"""Put the routing table: a new version, unless it is the one in force."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.issues.domain.errors import Forbidden
from services.issues.domain.roles import MAY_ROUTE
from services.issues.domain.routing import Route, Routing
from services.issues.ports import UnitOfWork
from shared.runtime.actor import Actor


@dataclass(frozen=True, slots=True)
class DefineRouting:
    """Issues opened from now on find their owner by it. Raises Forbidden."""

    units: Callable[[], UnitOfWork]

    def __call__(self, routes: Sequence[Route], *, actor: Actor) -> Routing:
        if not actor.roles & set(MAY_ROUTE):
            raise Forbidden(f"routing is for {', '.join(MAY_ROUTE)}")
        with self.units() as uow:
            before = uow.issues.routing()
            if list(before.routes) == list(routes):
                return before
            routing = Routing(before.version + 1, routes)
            uow.issues.save_routing(routing)
            uow.commit()
        return routing
