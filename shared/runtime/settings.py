"""Settings: read once from the environment, frozen, every error reported together, secrets never printed."""

import os
import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.runtime.failpoints import parse

_BROKER = r"\s*(\[[0-9a-fA-F:.]+\]|[^\s,:\[\]]+)(:\d{1,5})?\s*"

Port = Annotated[int, Field(ge=1, le=65535)]


def _of_known_steps(text: str) -> str:
    parse(text)
    return text


def _of_brokers(text: str) -> str:
    for server in text.split(","):
        if not re.fullmatch(_BROKER, server):
            raise ValueError(f"{server.strip()!r} is no broker: write host:port, and commas between them")
    return text


class InvalidSettings(Exception):
    """One or more settings are wrong; the message has a line for each, naming the variable and what it must be."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseModel):
    """Frozen settings of one process or service; `env_prefix` and a field's name make the variable's name."""

    model_config = ConfigDict(frozen=True, validate_default=True, use_attribute_docstrings=True)
    env_prefix: ClassVar[str] = "ANDON_"

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment variable behind a field."""
        return f"{cls.env_prefix}{field}".upper()

    @classmethod
    def read(cls) -> Self:
        """Read the environment.

        Raises:
            InvalidSettings: with one line per wrong variable.
        """
        variables = {name: cls.variable(name) for name in cls.model_fields}
        given = {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise InvalidSettings([_sentence(cls, item["loc"], item["msg"]) for item in error.errors()]) from error

    def effective(self) -> dict[str, str]:
        """Variable → value in force, secrets hidden; what `andon check-config` prints."""
        return {self.variable(name): str(value) for name, value in self if value is not None}


def _sentence(settings: type[Settings], location: tuple[int | str, ...], message: str) -> str:
    field = str(location[0]) if location else ""
    described = settings.model_fields[field].description if field in settings.model_fields else None
    meaning = f" ({described})" if described else ""
    return f"{settings.variable(field)}: {message}{meaning}"


class ProcessSettings(Settings):
    """What a whole process needs, whichever services it runs."""

    data_dir: Path = Path("data")
    """Folder of the embedded log and the SQLite files; made if it is missing."""
    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs authentication to be configured."""
    port: Port = 8080
    """TCP port of the HTTP interface."""
    log: Literal["embedded", "kafka"] = "embedded"
    """Which event log: one process on this machine, or Kafka."""
    kafka_bootstrap_servers: Annotated[str, AfterValidator(_of_brokers)] = "127.0.0.1:9092"
    """Kafka brokers, `host:port,host:port`; used when ANDON_LOG is kafka."""
    kafka_driver: Literal["kafka-python", "librdkafka"] = "kafka-python"
    """Has no effect any more: Kafka is read and written without a client's consumer and producer. Kept for installations that set it."""
    kafka_topic_prefix: str = ""
    """Put before every topic and group name; keeps installations on one broker apart."""
    kafka_session_timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 20.0
    """How long Kafka waits for a silent process before others get its partitions, seconds; from the broker's least on."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level of log lines that are written."""
    log_format: Literal["console", "json"] = "json"
    """How log lines are written: for people or for machines."""
    auth_signing_key: Annotated[SecretStr | None, Field(min_length=32)] = None
    """Local key (HS256) that bearer tokens are signed with, at least 32 bytes; turns authentication on."""
    auth_issuer: str | None = None
    """OIDC issuer URL whose tokens are accepted; turns authentication on."""
    auth_audience: str = "andon"
    """Audience a bearer token must name."""
    stop_within_seconds: Annotated[float, Field(gt=0, le=60)] = 15.0
    """How long a stopping process waits for its activities before it gives up on them, seconds."""
    fail_points: Annotated[str, AfterValidator(_of_known_steps)] = ""
    """For tests only: steps at which the process ends itself as a crash would, `step:passing,…`; nothing when empty."""
