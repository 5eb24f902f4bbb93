"""Settings of issues."""

from typing import ClassVar

from pydantic import SecretStr

from shared.runtime.settings import Settings


class IssuesSettings(Settings):
    """Read once, by `bootstrap`."""

    env_prefix: ClassVar[str] = "ANDON_ISSUES_"

    database_url: SecretStr | None = None
    """Where issues keeps its data, as an SQLAlchemy URL; default an SQLite file in the data folder."""
