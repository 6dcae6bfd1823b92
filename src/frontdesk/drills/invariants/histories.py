"""What one customer sent and heard, and what the servers tell of it when all is over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import httpx

from frontdesk.drills.visitor import Heard, Visitor, read_events

T = TypeVar("T")

PATIENCE_S = 30.0
_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One customer with one message in one conversation."""

    conversation_id: str
    key: str
    """Idempotency key of the message."""
    text: str
    """The message."""
    canary: str = ""
    """A word in it that occurs nowhere else; empty where it has none."""
    heard: tuple[Heard, ...] = ()
    replays: tuple[tuple[Heard, ...], ...] = ()
    """The whole conversation as each server streams it afterwards."""


async def hear_again(http: httpx.AsyncClient, visitor: Visitor, urls: Sequence[str], *, canary: str = "") -> History:
    """The customer's history, with the conversation read once more from every server.

    Raises:
        TimeoutError: a server does not tell all that the database has.
    """
    async with asyncio.timeout(PATIENCE_S):
        log = await _patiently(lambda: visitor.log(http))
        last_seq = log[-1]["seq"] if log else 0
        replays = [await _patiently(partial(_replay, http, visitor, url, until=last_seq)) for url in urls]
    return History(
        conversation_id=visitor.conversation_id,
        key=visitor.key,
        text=visitor.question,
        canary=canary,
        heard=tuple(visitor.heard),
        replays=tuple(replays),
    )


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """A server that has just come back may refuse for a moment."""
    while True:
        try:
            return await ask()
        except httpx.HTTPError:
            await asyncio.sleep(_AGAIN_S)


async def _replay(http: httpx.AsyncClient, visitor: Visitor, url: str, *, until: int) -> tuple[Heard, ...]:
    """The stream from its beginning up to an event; it would stay open for ever."""
    heard: list[Heard] = []
    headers = {**visitor.headers, "Accept": "text/event-stream"}
    async with http.stream("GET", f"{url}{visitor.path}/events", headers=headers) as response:
        response.raise_for_status()
        if until == 0:
            return ()
        async for event in read_events(response):
            heard.append(event)
            if event.seq >= until:
                break
    return tuple(heard)
