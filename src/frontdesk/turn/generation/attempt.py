"""One request to one model, under its time limits, always recorded."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal

from frontdesk.domain.errors import DependencyError, DependencyTimeoutError, MalformedReplyError, UnavailableError
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import AttemptResult, Usage, VendorAttempt
from frontdesk.ports.models import ChatModel, ChatRequest, ModelEvent, StreamEnd, TextDelta
from frontdesk.turn.generation.breaker import Breakers
from frontdesk.turn.generation.history import CHARS_PER_TOKEN

Price = Callable[[str, str, Usage], Decimal | None]
"""(vendor, model, usage) to US dollars; None where the price is unknown."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A model on the ladder, with its route's limits."""

    model: ChatModel
    route: ModelRoute

    @property
    def first_byte_s(self) -> float:
        """How long the first text may take. A function that returns a whole text has all its time for that."""
        return self.route.total_s if self.route.adapter == "python" else self.route.first_byte_s

    @property
    def is_built_in(self) -> bool:
        return self.route.adapter == "extractive"


def result_of(error: DependencyError) -> AttemptResult:
    """The label an error is recorded under: the adapter's own word, else one that fits its class."""
    return _RESULTS.get(str(error.data.get("result")), _BY_CODE.get(error.code, "refused"))


class Attempt:
    """One request. Iterate `texts` once; afterwards `end` or the error says how it went, and `record` holds it."""

    def __init__(
        self,
        rung: Rung,
        request: ChatRequest,
        *,
        number: int,
        limit_s: float,
        breakers: Breakers,
        price: Price,
    ) -> None:
        self.rung = rung
        self.end: StreamEnd | None = None
        self.record: VendorAttempt | None = None
        self._request = request
        self._number = number
        self._limit_s = min(limit_s, rung.route.total_s)
        self._breakers = breakers
        self._price = price
        self._started = breakers.monotonic()
        self._first_token_ms: float | None = None
        self._chars = 0

    async def texts(self) -> AsyncGenerator[str]:
        """The reply's text as it comes.

        Raises:
            DependencyError: no complete reply came.
        """
        result: AttemptResult = "cancelled"
        retry_after_s: float | None = None
        try:
            async with aclosing(_as_generator(self.rung.model.stream(self._request))) as events:
                while (event := await self._next(events)) is not None:
                    if isinstance(event, TextDelta):
                        self._note_text(event.text)
                        yield event.text
                    else:
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
            self._settle(result, retry_after_s)

    async def _next(self, events: AsyncIterator[ModelEvent]) -> ModelEvent | None:
        """The next event within the first-byte, idle and total limits; None at the end of the stream."""
        route = self.rung.route
        is_first = self._first_token_ms is None
        left_s = self._limit_s - (self._breakers.monotonic() - self._started)
        gap_s = self.rung.first_byte_s if is_first else route.idle_s
        try:
            async with asyncio.timeout(max(0.0, min(left_s, gap_s))):
                return await anext(events, None)
        except TimeoutError as error:
            result = "timeout_fb" if is_first else "timeout_idle"
            raise DependencyTimeoutError("The model did not answer in time.", result=result) from error

    def _note_text(self, text: str) -> None:
        self._chars += len(text)
        if self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()

    def _elapsed_ms(self) -> float:
        return (self._breakers.monotonic() - self._started) * 1000

    def _settle(self, result: AttemptResult, retry_after_s: float | None) -> None:
        model = self.rung.model
        usage = self._usage()
        self._breakers.note(model.vendor, model.model, result, retry_after_s=retry_after_s)
        self.record = VendorAttempt(
            number=self._number,
            purpose=self._request.purpose,
            vendor=model.vendor,
            model=model.model,
            reported_model=self.end.model if self.end else "",
            result=result,
            first_token_ms=self._first_token_ms,
            total_ms=self._elapsed_ms(),
            usage=usage,
            cost_usd=self._price(model.vendor, model.model, usage),
        )

    def _usage(self) -> Usage:
        """What the vendor reported; estimated where it did not and text came, since broken-off replies are billed."""
        if self.end is not None and self.end.usage != Usage():
            return self.end.usage
        if self.rung.is_built_in or not self._chars:
            return Usage()
        prompt = len(self.rung.model.render(self._request))
        return Usage(input_tokens=-(-prompt // CHARS_PER_TOKEN), output_tokens=-(-self._chars // CHARS_PER_TOKEN))


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
