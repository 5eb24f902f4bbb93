"""Settings of ingest."""

from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from shared.runtime.settings import Settings

_MEBIBYTE = 1024 * 1024


class IngestSettings(Settings):
    """Read once, by `bootstrap`."""

    env_prefix: ClassVar[str] = "ANDON_INGEST_"

    database_url: SecretStr | None = None
    """Where ingest keeps its data, as an SQLAlchemy URL; default an SQLite file in the data folder."""
    most_event_bytes: Annotated[int, Field(ge=1024, le=16 * _MEBIBYTE)] = _MEBIBYTE
    """Largest single event, bytes; a larger one is quarantined as too large."""
    most_body_bytes: Annotated[int, Field(ge=1024, le=1024 * _MEBIBYTE)] = 32 * _MEBIBYTE
    """Largest body of one event or batch, bytes; lines (NDJSON) may be of any length."""
    most_backlog_minutes: Annotated[float, Field(gt=0, le=525_600)] = 60.0
    """How long readings may wait on the log for analytics, minutes; beyond it senders over HTTP are asked to wait (429)."""
    most_bytes_in_flight: Annotated[int, Field(ge=_MEBIBYTE)] = 128 * _MEBIBYTE
    """How much may be taken in at the same time, bytes; above it senders are asked to wait (429)."""
