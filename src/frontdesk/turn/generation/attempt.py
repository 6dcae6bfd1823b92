"""One request to one model, under its time limits, always recorded."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal

from frontdesk.domain.errors import DependencyError, DependencyTimeoutError, MalformedReplyError, UnavailableError
from frontdesk.domain.usage import AttemptResult, Usage, VendorAttempt
from frontdesk.ports.models import ChatRequest, ModelEvent, StreamEnd, TextDelta
from frontdesk.turn.generation.measured import request_chars
from frontdesk.turn.generation.pinned import is_another_model
from frontdesk.turn.generation.rung import Rung
from frontdesk.turn.generation.vendors import Permit
from frontdesk.turn.money.budget import Price

_RESULTS: dict[str, AttemptResult] = {
    "429": "429",
    "5xx": "5xx",
    "timeout_fb": "timeout_fb",
    "timeout_idle": "timeout_idle",
    "cut": "cut",
    "garbage": "garbage",
    "filter": "filter",
    "ctx": "ctx",
    "auth": "auth",
    "refused": "refused",
}
_BY_CODE: dict[str, AttemptResult] = {
    "dependency_timeout": "timeout_fb",
    "dependency_unavailable": "5xx",
    "dependency_rate_limited": "429",
    "dependency_rejected": "refused",
    "dependency_malformed_reply": "garbage",
}


def result_of(error: DependencyError) -> AttemptResult:
    """The label an error is recorded under: the adapter's own word, else one that fits its class."""
    return _RESULTS.get(str(error.data.get("result")), _BY_CODE.get(error.code, "refused"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked, of whom, and how it is booked."""

    rung: Rung
    request: ChatRequest
    number: int
    limit_s: float
    permit: Permit | None
    """None for what Frontdesk computes itself."""
    is_hedge: bool = False


class Attempt:
    """One request. Iterate `texts` once; afterwards `end` or the error says how it went, and `record` holds it.

    Whoever opens one calls `finish` when done with it, whatever happened: a request that nobody waits for any more,
    and one that was never sent, are recorded, too.
    """

    def __init__(
        self,
        asked: Asked,
        *,
        monotonic: Callable[[], float],
        price: Price,
        counts: Callable[[AttemptResult], bool],
        on_end: Callable[[VendorAttempt], None],
    ) -> None:
        """
        Args:
            counts: whether a failure of this kind may say something about the vendor.
            on_end: called once, with the record.
        """
        self.asked = asked
        self.end: StreamEnd | None = None
        self.record: VendorAttempt | None = None
        self._limit_s = min(asked.limit_s, asked.rung.route.total_s)
        self._monotonic = monotonic
        self._price = price
        self._counts = counts
        self._on_end = on_end
        self._started = monotonic()
        self._first_token_ms: float | None = None
        self._has_begun = False
        self._counted: Usage | None = None
        self._chars = 0
        self._chunks = 0

    @property
    def rung(self) -> Rung:
        return self.asked.rung

    @property
    def prompt(self) -> str:
        """The request as it was rendered."""
        return self.rung.model.render(self.asked.request)

    async def texts(self) -> AsyncGenerator[str]:
        """The reply's text as it comes.

        Raises:
            DependencyError: no complete reply came.
        """
        result: AttemptResult = "cancelled"
        retry_after_s: float | None = None
        try:
            async with aclosing(_as_generator(self.rung.model.stream(self.asked.request))) as events:
                while (event := await self._next(events)) is not None:
                    self._has_begun = True
                    if isinstance(event, TextDelta):
                        self._note(event)
                        if event.text:
                            yield event.text
                    elif isinstance(event, StreamEnd):
                        self.end = event
                        break
            result = _finished(self.end)
        except DependencyError as error:
            result = result_of(error)
            wait = error.data.get("retry_after_s")
            retry_after_s = float(wait) if isinstance(wait, int | float) else None
            raise
        except Exception as error:
            result = "garbage"
            raise MalformedReplyError("The model's reply could not be handled.", result="garbage") from error
        finally:
            self.finish(result, retry_after_s)

    def finish(self, result: AttemptResult = "cancelled", retry_after_s: float | None = None) -> None:
        """Record how it ended, once."""
        if self.record is not None:
            return
        usage, is_estimated = self._usage()
        total_ms = self._elapsed_ms()
        self.record = VendorAttempt(
            number=self.asked.number,
            purpose=self.asked.request.purpose,
            vendor=self.rung.model.vendor,
            model=self.rung.model.model,
            reported_model=self._reported,
            result=result,
            first_token_ms=self._first_token_ms,
            total_ms=total_ms,
            usage=usage,
            cost_usd=self._cost(usage, total_ms / 1000),
            route=self.rung.route.name,
            is_hedge=self.asked.is_hedge,
            is_estimated=is_estimated,
        )
        if self.asked.permit is not None:
            self._settle(self.asked.permit, result, usage, retry_after_s)
        self._on_end(self.record)

    async def _next(self, events: AsyncIterator[ModelEvent]) -> ModelEvent | None:
        """The next event within the first-byte, idle and total limits; None at the end of the stream."""
        is_first = self._first_token_ms is None
        elapsed_s = self._monotonic() - self._started
        gap_s = self.rung.first_byte_s - elapsed_s if is_first else self.rung.route.idle_s
        try:
            async with asyncio.timeout(max(0.0, min(self._limit_s - elapsed_s, gap_s))):
                return await anext(events, None)
        except TimeoutError as error:
            result = "timeout_fb" if is_first else "timeout_idle"
            raise DependencyTimeoutError("The model did not answer in time.", result=result) from error

    def _note(self, delta: TextDelta) -> None:
        self._counted = delta.usage or self._counted
        if not delta.text:
            return
        self._chars += len(delta.text)
        self._chunks += delta.chunks
        if self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()
            if self.asked.permit is not None:
                self.asked.permit.heard(self._first_token_ms)

    def _elapsed_ms(self) -> float:
        return (self._monotonic() - self._started) * 1000

    @property
    def _reported(self) -> str:
        return self.end.model if self.end else ""

    def _cost(self, usage: Usage, seconds: float) -> Decimal | None:
        """By the model that answered, which need not be the one that was asked."""
        model, route = self.rung.model, self.rung.route
        is_another = self._reported and is_another_model(self._reported, pinned=route.reports_as or model.model)
        answered_by = self._reported if is_another else model.model
        return self._price(model.vendor, answered_by, usage, route=route, seconds=seconds)

    def _settle(self, permit: Permit, result: AttemptResult, usage: Usage, retry_after_s: float | None) -> None:
        if self.end is not None and self.end.usage != Usage():
            chars = request_chars(self.asked.request)
            permit.scale.learn(usage, read_chars=chars, written_chars=self._chars, chunks=self._chunks)
        counts = result == "429" or self._counts(result)
        permit.settle(result, usage, reported=self._reported, retry_after_s=retry_after_s, counts=counts)

    def _usage(self) -> tuple[Usage, bool]:
        """What the vendor counted, else an estimate, and whether it is one: broken-off replies are billed, too.

        A vendor that has not answered at all is taken to have billed nothing.
        """
        if self.end is not None and self.end.usage != Usage():
            return self.end.usage, False
        permit = self.asked.permit
        if permit is None or not self._has_begun:
            return Usage(), False
        counted = self._counted or Usage()
        if counted.input_tokens and counted.output_tokens:
            return counted, False
        read = counted.input_tokens or permit.scale.to_read(request_chars(self.asked.request))
        written = permit.scale.written(chars=self._chars, chunks=self._chunks)
        return Usage(input_tokens=read, output_tokens=written, cached_tokens=counted.cached_tokens), True


def _finished(end: StreamEnd | None) -> AttemptResult:
    if end is None:
        raise UnavailableError("The model's reply broke off.", result="cut")
    return "filter" if end.finish_reason == "filter" else "ok"


async def _as_generator(events: AsyncIterator[ModelEvent]) -> AsyncGenerator[ModelEvent]:
    """The same events from something that can be closed, whatever kind of iterator a model returns."""
    try:
        async for event in events:
            yield event
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()
