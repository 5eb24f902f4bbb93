"""Put the indicators in force that exist from the start."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.analytics.domain.built_in import BUILT_IN, OWNER, built_in_body
from services.analytics.ports.defining import DefinitionUnitOfWork
from services.analytics.use_cases.define_indicator import put_indicator
from services.analytics.use_cases.defining import Define


@dataclass(frozen=True, slots=True)
class DefineBuiltInIndicators:
    """Done whenever the service starts: a release that defines one otherwise makes a new version of it, others change nothing."""

    units: Callable[[], DefinitionUnitOfWork]

    def __call__(self, now: datetime) -> None:
        """Repeating it changes nothing."""
        with self.units() as uow:
            uow.definitions.lock()
            for name in BUILT_IN:
                put_indicator(uow, Define(name, built_in_body(name), OWNER, now))
            uow.commit()
