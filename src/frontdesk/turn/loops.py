"""Work of the background: it is done again and again, whatever happened to it the last time."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

log = structlog.get_logger()


async def forever(name: str, step: Callable[[], Awaitable[None]], *, pause: Callable[[], Awaitable[None]]) -> NoReturn:
    """Take the step, then the pause, until cancelled. A step that raises is logged, and comes again after the pause."""
    while True:
        try:
            await step()
        except Exception:
            log.exception("background_step_failed", loop=name)
        await pause()
