"""Two people at the same moment: the slower one is tried once more, and then told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.runtime.errors import DomainError

Result = TypeVar("Result")


def _nobody(outcome: str) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """Runs commands.

    Attributes:
        conflict: what the database raises when somebody else was faster.
        refused: what the caller is told when the second try meets a conflict too.
        tried: is told how each try ended: `ok`, `failed`, or the id of the error.
    """

    conflict: type[Exception]
    refused: Callable[[], DomainError]
    tried: Callable[[str], None] = _nobody

    def __call__(self, command: Callable[[], Result]) -> Result:
        """What the command returns. Raises what it raises, or `refused`."""
        try:
            return self._once(command)
        except self.conflict:
            try:
                return self._once(command)
            except self.conflict as error:
                raise self.refused() from error

    def _once(self, command: Callable[[], Result]) -> Result:
        outcome = "failed"
        try:
            result = command()
            outcome = "ok"
        except DomainError as error:
            outcome = error.id
            raise
        finally:
            self.tried(outcome)
        return result
