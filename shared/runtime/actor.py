"""Who did it. Every command has one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a service, with the roles held when the command was given."""

    name: str
    roles: frozenset[str]

    def has(self, role: str) -> bool:
        return role in self.roles


def service_actor(name: str) -> Actor:
    """A part of the system acting by rule, such as `analytics`."""
    return Actor(name=name, roles=frozenset({"service"}))
