"""Two people at the same moment: the slower one is tried once more, and then told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from services.goals.domain.errors import ChangedMeanwhile

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Retrying:
    """Runs a command; `conflict` is what the database raises when somebody else was faster."""

    conflict: type[Exception]

    def __call__(self, command: Callable[[], Result]) -> Result:
        """Raises ChangedMeanwhile when the second try meets a conflict too."""
        try:
            return command()
        except self.conflict:
            try:
                return command()
            except self.conflict as error:
                raise ChangedMeanwhile("somebody else changed the goals at the same moment; send it again") from error
