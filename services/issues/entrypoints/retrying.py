"""Two people at the same moment: the slower one is tried once more, and then told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from services.issues.domain.errors import ChangedMeanwhile
from services.issues.metrics import IssuesMetrics
from shared.runtime.errors import DomainError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Retrying:
    """Runs a command; `conflict` is what the database raises when somebody else was faster."""

    conflict: type[Exception]
    metrics: IssuesMetrics

    def __call__(self, command: Callable[[], Result]) -> Result:
        """Raises ChangedMeanwhile when the second try meets a conflict too."""
        try:
            return self._once(command)
        except self.conflict:
            try:
                return self._once(command)
            except self.conflict as error:
                raise ChangedMeanwhile("somebody else changed the issue at the same moment; send it again") from error

    def _once(self, command: Callable[[], Result]) -> Result:
        outcome = "failed"
        try:
            result = command()
            outcome = "ok"
        except DomainError as error:
            outcome = error.id
            raise
        finally:
            self.metrics.tried(outcome=outcome)
        return result
