"""How log lines look: one line of key=value pairs on standard error."""

import sys
from typing import TextIO, cast

import structlog

from domain.texts import escaped


class _StandardError:
    """Standard error at the time of writing, so that loggers outlive its redirection."""

    def write(self, text: str) -> int:
        return sys.stderr.write(escaped(text, lines=True))

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logging() -> None:
    """Configure structlog for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )
