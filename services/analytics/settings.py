"""Settings of analytics."""

from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from shared.runtime.settings import Settings


class AnalyticsSettings(Settings):
    """Read once, by `bootstrap`."""

    env_prefix: ClassVar[str] = "ANDON_ANALYTICS_"

    database_url: SecretStr | None = None
    """Where analytics keeps its data, as an SQLAlchemy URL; default an SQLite file in the data folder."""
    provisional_every_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    """Least time between two publications of a subject's provisional values on `kpi-values`, seconds."""
    gauge_series: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Most subjects of one indicator that are shown as gauges on /metrics; the rest are counted."""
    gauges_every_seconds: Annotated[float, Field(ge=1, le=3600)] = 15.0
    """How often the gauges of indicators and anomalies are read from the database, seconds."""
    pane_deltas_batch: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Most records of `pane-deltas` that one transaction evaluates."""
    history_batch: Annotated[int, Field(ge=1, le=10_000_000)] = 200_000
    """About how many kept readings one transaction reads to compute an indicator that is new or computed otherwise."""
    log_kept_hours: Annotated[float, Field(ge=0, le=87_600)] = 24.0
    """How long records of `readings` and `pane-deltas` stay on the log after they have been applied, hours."""
    readings_kept_days: Annotated[int, Field(ge=1, le=36_500)] = 430
    """How long readings and their ids are kept after they arrived, for corrections, new indicators and repeats, days."""
    readings_batch: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    """Most blocks of `readings` that one transaction folds."""
