"""Structured logs: one JSON object a line on standard error, or coloured lines for a person.

What belongs together carries the same ids: a worker binds ``job``, ``transmission`` and ``party`` once, and every line
below has them. Logs are for operators; what must be provable is in the ledger's journal and the archive. So a log that
cannot be written, because the disk is full or its reader is gone, stops nothing: the line is lost and the work goes on.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog

from gateway.config import LogSettings


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Set the process's logs up; libraries that use the standard module come out in the same form."""
    output = stream if stream is not None else sys.stderr
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=output.isatty())
    )
    final: list[structlog.types.Processor] = (
        [structlog.processors.format_exc_info, renderer] if settings.format == "json" else [renderer]
    )
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(output),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_without_record, *final])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))


class _Lines(structlog.PrintLogger):
    """Writes each line at once, if it can be written."""

    def msg(self, message: str) -> None:
        """The line, or nothing."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = error = critical = fatal = failure = err = exception = msg


def _without_record(
    _logger: structlog.types.WrappedLogger, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """What ``ProcessorFormatter`` adds for its own use is not for readers."""
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
