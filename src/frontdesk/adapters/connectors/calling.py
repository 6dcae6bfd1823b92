"""A connector: limits, memory, breaker, retries and typed records around any transport. One way for all of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from frontdesk.adapters.connectors.arguments import mistake_in
from frontdesk.adapters.connectors.failing import CallError, not_sent
from frontdesk.adapters.connectors.gate import Gate
from frontdesk.adapters.connectors.memory import ReplyMemory
from frontdesk.adapters.connectors.records import RecordReader
from frontdesk.adapters.connectors.transport import Transport
from frontdesk.domain.connector import CallFailure, CallResult, OperationSpec, Row, Value
from frontdesk.domain.connector_source import ConnectorSource
from frontdesk.domain.usage import AttemptResult
from frontdesk.ports.clock import Clock
from frontdesk.ports.telemetry import Occurrences, Telemetry

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
"""Between two attempts lies a random time of up to the first, doubled each time until it is the longest (guesses)."""

_NOT_AS_AGREED = frozenset({"field", "html", "not_json", "redirect", "schema", "too_large"})


@dataclass(slots=True, kw_only=True)
class _Call:
    """One call while it is made."""

    spec: OperationSpec
    arguments: Mapping[str, Value]
    key: str
    ends_at: float
    begun: float
    attempts: int = 0
    was_unclear: bool = False
    """Whether an attempt that failed may have taken place all the same."""
    age_s: float = 0.0
    """How old the reply says it is."""


class OutsideSystem:
    """A `Connector` over any transport."""

    def __init__(
        self,
        source: ConnectorSource,
        transport: Transport,
        *,
        gate: Gate,
        clock: Clock,
        telemetry: Telemetry,
        occurrences: Occurrences,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """
        Args:
            jitter: 0 to 1, drawn for every pause.
        """
        self.gate = gate
        self.transport = transport
        self._source = source
        self._clock = clock
        self._telemetry = telemetry
        self._occurrences = occurrences
        self._sleep = sleep
        self._jitter = jitter
        self._operations = {one.spec.name: one.spec for one in source.operations}
        self._readers = {one.spec.name: RecordReader(one.spec, one.reply) for one in source.operations}
        self._memory = ReplyMemory(clock.monotonic)

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def operations(self) -> Mapping[str, OperationSpec]:
        return self._operations

    async def close(self) -> None:
        await self.transport.close()

    async def call(
        self, operation: str, arguments: Mapping[str, Value], *, key: str, deadline_s: float
    ) -> CallResult | CallFailure:
        now = self._clock.monotonic()
        spec = self._operations[operation]
        call = _Call(spec=spec, arguments=arguments, key=key, begun=now, ends_at=now + deadline_s)
        ended = self._remembered(call) or await self._carried_out(call)
        self._tell(spec, ended)
        return ended

    def _tell(self, spec: OperationSpec, ended: CallResult | CallFailure) -> None:
        self._telemetry.connector_called(
            connector=self.name,
            operation=spec.name,
            outcome=ended.kind if isinstance(ended, CallFailure) else "cached" if ended.is_cached else "ok",
            cause=ended.details.get("cause", "") if isinstance(ended, CallFailure) else "",
            attempts=ended.attempts,
            seconds=ended.took_ms / 1000,
        )
        if isinstance(ended, CallFailure):
            self._tell_owner(spec, ended)

    def _tell_owner(self, spec: OperationSpec, failure: CallFailure) -> None:
        """What doesn't go away by itself."""
        cause = failure.details.get("cause", "")
        if cause == "key_refused":
            self._occurrences.note("system.key_refused", subject=self.name, severity="critical", why=failure.why)
        elif cause in _NOT_AS_AGREED:
            field = failure.details.get("field", "")
            self._occurrences.note("system.not_as_agreed", subject=spec.qualified, field=field, why=failure.why)

    def _remembered(self, call: _Call) -> CallResult | None:
        if not call.spec.cache_s or call.spec.kind == "effect":
            return None
        kept = self._memory.find(call.spec.name, call.arguments)
        return kept and replace(kept, is_cached=True, attempts=0, took_ms=self._took_ms(call))

    async def _carried_out(self, call: _Call) -> CallResult | CallFailure:
        era = self._memory.era
        if mistake := mistake_in(call.spec, call.arguments, call.key):
            return self._failure(call, not_sent(mistake))
        try:
            rows, is_partial = await self._persistently(call)
        except CallError as error:
            return self._failure(call, error)
        finally:
            if call.spec.kind == "effect" and call.attempts:
                self._memory.forget()
        result = CallResult(
            operation=call.spec.qualified,
            rows=rows,
            read_at=self._clock.now() - timedelta(seconds=call.age_s),
            took_ms=self._took_ms(call),
            attempts=call.attempts,
            is_partial=is_partial,
        )
        if call.spec.cache_s and call.spec.kind == "read":
            self._memory.keep(call.spec.name, call.arguments, result, for_s=call.spec.cache_s, era=era)
        return result

    async def _persistently(self, call: _Call) -> tuple[tuple[Row, ...], bool]:
        """Try until something comes, or nothing more may be tried. Raises: CallError."""
        while True:
            try:
                return await self._attempt(call)
            except CallError as error:
                call.was_unclear |= error.is_unclear
                pause_s = self._pause_s(call, error)
                if pause_s is None or pause_s >= self._left_s(call) or self.gate.state == "open":
                    raise
            await self._sleep(pause_s)

    async def _attempt(self, call: _Call) -> tuple[tuple[Row, ...], bool]:
        """Raises: CallError."""
        async with self.gate.passed(self._left_s(call)) as passage:
            call.attempts += 1
            limit_s = min(call.spec.timeout_s, max(self._left_s(call), 0.001))
            try:
                async with asyncio.timeout(limit_s):
                    raw = await self.transport.ask(call.spec.name, call.arguments, key=call.key, timeout_s=limit_s)
            except CallError as error:
                passage.ended(error.health, retry_after_s=error.retry_after_s, counts=call.attempts == 1)
                raise
            except TimeoutError as error:
                health: AttemptResult = "timeout_fb" if limit_s == call.spec.timeout_s else "cancelled"
                passage.ended(health, counts=call.attempts == 1)
                raise _no_answer(limit_s, health) from error
            passage.ended("ok")
        call.age_s = raw.age_s
        return self._readers[call.spec.name].read(raw)

    def _pause_s(self, call: _Call, error: CallError) -> float | None:
        """Seconds until the next attempt; None where there must not be one."""
        may_repeat = error.may_repeat and call.attempts < self._source.bounds.attempts
        if call.spec.kind == "effect" and call.was_unclear and not call.spec.keeps_keys:
            may_repeat = False  # it might take place twice
        if not may_repeat:
            return None
        if error.retry_after_s is not None:
            return error.retry_after_s
        return self._jitter() * min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (call.attempts - 1))

    def _failure(self, call: _Call, error: CallError) -> CallFailure:
        is_unknown = call.spec.kind == "effect" and call.was_unclear
        return CallFailure(
            operation=call.spec.qualified,
            kind="silent" if is_unknown else error.kind,
            why=f"it is not known whether it took place: {error.why}" if is_unknown else error.why,
            took_ms=self._took_ms(call),
            attempts=call.attempts,
            at=self._clock.now(),
            details={"cause": error.cause, **({"kind": error.kind} if is_unknown else {}), **error.details},
        )

    def _left_s(self, call: _Call) -> float:
        return call.ends_at - self._clock.monotonic()

    def _took_ms(self, call: _Call) -> float:
        return (self._clock.monotonic() - call.begun) * 1000


def _no_answer(limit_s: float, health: AttemptResult) -> CallError:
    why = f"no answer within {limit_s:.1f} s"
    return CallError("silent", why, cause="time", is_unclear=True, may_repeat=True, health=health)
