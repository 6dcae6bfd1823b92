"""Whether a request may go to a system now: its breaker, its pace, and how many are under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from frontdesk.adapters.connectors.failing import CallError
from frontdesk.adapters.connectors.pace import Pace
from frontdesk.domain.breaker import Breaker, BreakerState, Leave
from frontdesk.domain.connector_source import Bounds
from frontdesk.domain.occurrences import Severity
from frontdesk.domain.usage import AttemptResult
from frontdesk.ports.telemetry import Occurrences


class Gate:
    """For one system; every request passes it and tells how it ended."""

    def __init__(
        self,
        name: str,
        bounds: Bounds,
        *,
        monotonic: Callable[[], float],
        occurrences: Occurrences,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._name = name
        self._breaker = Breaker(
            ramp_s=0.0
        )  # there is no other system to go to meanwhile; `max_concurrency` bounds a rush
        self._pace = Pace(bounds.requests_per_minute, monotonic)
        self._places = asyncio.Semaphore(bounds.max_concurrency)
        self._monotonic = monotonic
        self._occurrences = occurrences
        self._sleep = sleep
        self._under_way = 0
        self._one_ended = asyncio.Event()
        self._is_key_refused = False

    @property
    def state(self) -> BreakerState:
        return self._breaker.state(self._monotonic())

    @property
    def under_way(self) -> int:
        return self._under_way

    @asynccontextmanager
    async def passed(self, left_s: float) -> AsyncIterator["Passage"]:
        """Wait for the request's turn, at most so long. Raises: CallError: it must not be made."""
        until = self._monotonic() + left_s
        await self._wait_for_pace(left_s)
        leave = await self._leave(until)
        passage = Passage(self, leave)
        try:
            await self._take_place(until - self._monotonic())
        except BaseException:
            self._breaker.give_back(leave)
            raise
        self._under_way += 1
        try:
            yield passage
        finally:
            self._under_way -= 1
            self._places.release()
            passage.ended("cancelled")
            self._one_ended.set()

    async def _wait_for_pace(self, left_s: float) -> None:
        wait_s = self._pace.take()
        if wait_s >= left_s:
            self._pace.give_back()
            raise CallError("rate_limited", "our own limit of requests a minute is reached", cause="pace")
        if wait_s:
            await self._sleep(wait_s)

    async def _take_place(self, left_s: float) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(left_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise CallError("unavailable", "too many calls are under way", cause="busy") from error

    async def _leave(self, until: float) -> Leave:
        while True:
            now = self._monotonic()
            leave = self._breaker.admit(now)
            if leave != "no":
                return leave
            wait_s = self._breaker.not_before - now
            if self._is_key_refused and wait_s > 0:
                raise CallError("unavailable", "it refuses our key", cause="key_refused")
            if wait_s >= until - now:
                raise CallError("rate_limited", f"it wants to be left alone for {wait_s:.0f} s more", cause="breaker")
            if wait_s > 0:
                await self._sleep(wait_s)
            elif self._under_way and self._breaker.state(now) == "closed":
                await self._hear_of_another(until - now)
            else:
                raise CallError(
                    "unavailable", "it failed several times, and is left alone for a while", cause="breaker"
                )

    async def _hear_of_another(self, left_s: float) -> None:
        """At the brink one request at a time decides for all."""
        self._one_ended.clear()
        try:
            async with asyncio.timeout(left_s):
                await self._one_ended.wait()
        except TimeoutError as error:
            raise CallError("unavailable", "it fails, and the time is up", cause="breaker") from error

    def note(self, result: AttemptResult, leave: Leave, *, retry_after_s: float | None, counts: bool) -> None:
        if result != "cancelled":
            self._is_key_refused = result == "auth"
        changed = self._breaker.note(result, self._monotonic(), leave=leave, retry_after_s=retry_after_s, counts=counts)
        if changed:
            severity: Severity = "warning" if changed == "opened" else "info"
            self._occurrences.note(f"breaker.{changed}", subject=self._name, severity=severity, result=result)


class Passage:
    """One request on the other side of the gate; told once how it ended."""

    def __init__(self, gate: Gate, leave: Leave) -> None:
        self._gate, self._leave = gate, leave
        self._is_over = False

    def ended(self, result: AttemptResult, *, retry_after_s: float | None = None, counts: bool = True) -> None:
        """`counts` is False for what the same call has met already: it may be the call's own fault."""
        if not self._is_over:
            self._is_over = True
            self._gate.note(result, self._leave, retry_after_s=retry_after_s, counts=counts)
