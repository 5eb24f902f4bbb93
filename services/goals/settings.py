"""Settings of goals."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import Settings


class GoalsSettings(Settings):
    """Read once, by `bootstrap`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix="ANDON_GOALS_", use_attribute_docstrings=True
    )

    database_url: SecretStr | None = None
    """Where goals keeps its data, as an SQLAlchemy URL; default an SQLite file in the data folder."""
