"""What the commands that define something have in common: the same body twice is one version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.analytics.domain.catalogue import Definition, Kind
from services.analytics.domain.indicator_form import read_indicator
from services.analytics.ports.defining import DefinitionStore, DefinitionUnitOfWork
from shared.runtime.defined import Defined, Outcome


@dataclass(frozen=True, slots=True)
class Define:
    """The command: put this definition in force under this name. `body` is as it was sent."""

    name: str
    body: Mapping[str, Any]
    actor: str
    now: datetime


def put(
    store: DefinitionStore,
    kind: Kind,
    command: Define,
    *,
    body: Mapping[str, Any],
    before: Definition | None,
    keeps_computation: bool = False,
) -> Defined[Definition]:
    """Write a new version unless the newest says the same.

    Args:
        body: the command's, completed with what was left out.
        keeps_computation: the values computed so far are those of the new version too.
    """
    if before is not None and before.body == body:
        return Defined(before, Outcome.UNCHANGED)
    version = 1 if before is None else before.version + 1
    computed_as = before.computed_as if before is not None and keeps_computation else version
    definition = Definition(kind, command.name, version, computed_as, body)
    store.add(definition, now=command.now, actor=command.actor)
    return Defined(definition, Outcome.CREATED if before is None else Outcome.CHANGED)


def compute_afresh(uow: DefinitionUnitOfWork, indicator: str, command: Define) -> None:
    """Give an indicator a version of its own that says the same, because what it rests on is computed otherwise from now on."""
    before = uow.definitions.newest("indicator", indicator)
    if before is None:
        raise LookupError(f"{indicator} was defined a moment ago")
    version = before.version + 1
    definition = replace(before, version=version, computed_as=version)
    uow.definitions.add(definition, now=command.now, actor=command.actor)
    uow.events.indicator_defined(definition, read_indicator(indicator, version, before.body), command.now)
