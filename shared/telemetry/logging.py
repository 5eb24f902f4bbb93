"""One log pipeline: events with fields, to standard error, for people (`console`) or machines (`json`).

Levels: `debug` for a developer tracing one event; `info` for what an operator may want to know afterwards; `warning` for
expected trouble that mends itself; `error` for what needs a person.
"""

import logging
import sys
from typing import Literal

import structlog

Logger = structlog.stdlib.BoundLogger

_TALKATIVE = ("alembic", "httpx", "httpcore")
"""Libraries that write a line for each readiness check, or each request of ours."""

_ANXIOUS = ("kafka",)

LogFormat = Literal["console", "json"]


def configure_logging(*, level: str, log_format: LogFormat) -> None:
    """Set up the process's log lines, those of libraries included. Called once, by the entry point."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    renderer = structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    handler.addFilter(_demoted)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)


def _demoted(record: logging.LogRecord) -> bool:
    """A Kafka client calls a broker that is away an error; it tries again by itself, so it is a warning."""
    if record.name.split(".")[0] in _ANXIOUS and record.levelno > logging.WARNING:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def logger(service: str) -> Logger:
    """A logger whose lines carry the service's name."""
    bound: Logger = structlog.stdlib.get_logger(service).bind(service=service)
    return bound
