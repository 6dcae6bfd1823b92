"""Structured logs: one line per fact, with ids, never with what customers wrote."""

import logging
import sys
from contextlib import suppress
from typing import Literal, TextIO, cast

import structlog

_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
"""Without local variables: they hold what customers wrote."""


class _Lasting:
    """A stream that may be closed, or full: a turn goes on also where its line can be written nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure_logs(*, level: str, style: Literal["auto", "json", "text"], stream: TextIO | None = None) -> None:
    """Send every log line of the process, ours and the libraries', through one renderer to `stream` (stderr)."""
    target = stream or sys.stderr
    lasting = cast("TextIO", _Lasting(target))
    is_text = style == "text" or (style == "auto" and target.isatty())
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _leave_simulated_out,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    tail: list[structlog.types.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if is_text
        else [_TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=lasting),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(lasting)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail], foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, getattr(logging, level.upper())))


def _leave_simulated_out(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Simulated customers leave a line only where something went wrong; an hour of them would bury the start's own."""
    if event.get("origin") == "simulated" and event.get("level") in {"debug", "info"}:
        raise structlog.DropEvent
    return event
