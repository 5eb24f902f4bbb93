"""Settings of goals."""

from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from shared.runtime.settings import Settings


class GoalsSettings(Settings):
    """Read once, by `bootstrap`."""

    env_prefix: ClassVar[str] = "ANDON_GOALS_"

    database_url: SecretStr | None = None
    """Where goals keeps its data, as an SQLAlchemy URL; default an SQLite file in the data folder."""
    log_kept_hours: Annotated[float, Field(ge=0, le=87_600)] = 168.0
    """How long records of `kpi-values` stay on the log after goals has applied them, hours; for other systems that read them."""
