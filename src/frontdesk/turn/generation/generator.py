"""The ladder: a draft from the first model that delivers a whole one."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Literal

from frontdesk.domain.errors import DeadlineError, DependencyError, RejectedError, UnavailableError
from frontdesk.domain.usage import AttemptResult, VendorAttempt
from frontdesk.ports.models import ChatRequest
from frontdesk.turn.generation.attempt import Attempt, Price, Rung, result_of
from frontdesk.turn.generation.breaker import Breakers

LAST_RUNG_S = 0.5
"""Kept back from the turn's deadline for the last rung, which computes for some milliseconds; a guess."""
RETRY_SHARE = 0.1
"""A second request to the same model at most once in ten drafts (failure model, rule 3)."""
REPEAT_AFTER_S = 0.1
"""Mean pause before it, spread over half to one and a half of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftText:
    """More text of the draft; nobody has checked it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReset:
    """The text so far is void: its model failed, and another one starts from nothing."""

    reason: Literal["vendor_failed"] = "vendor_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEnd:
    """The draft is as complete as it will be; always the last event."""

    finish_reason: Literal["stop", "length", "filter"]
    """`length`: the last sentence may be unfinished. `filter`: the vendor refused; no other vendor was asked."""
    route: str
    """Name of the route that wrote the draft."""
    degraded: tuple[str, ...]
    """`model_fallback` or `extractive_fallback` when a later rung wrote it, `shortened_request` after compaction."""
    attempts: tuple[VendorAttempt, ...]
    """Every request that was made for this draft, failed ones included."""
    prompt: str
    """The request as it was rendered for the model that answered."""


DraftEvent = DraftText | DraftReset | DraftEnd


@dataclass(slots=True)
class _Climb:
    """What one draft has been through."""

    request: ChatRequest
    ends_at: float
    first_number: int
    on_attempt: Callable[[VendorAttempt], None]
    records: list[VendorAttempt] = field(default_factory=list)
    has_text: bool = False
    is_shortened: bool = False
    last_error: DependencyError | None = None

    def keep(self, attempt: Attempt) -> None:
        if attempt.record is not None:
            self.records.append(attempt.record)
            self.on_attempt(attempt.record)


class Generator:
    """Asks the models of a ladder in their order until one delivers.

    A model whose breaker is open or which asked for a pause is passed over. Switching is silent while nothing
    was drafted; afterwards a `DraftReset` voids the text, and the next model starts from the whole request.
    """

    def __init__(self, rungs: Sequence[Rung], *, breakers: Breakers, price: Price) -> None:
        if not rungs:
            raise ValueError("a ladder needs at least one rung")
        self._rungs = tuple(rungs)
        self._breakers = breakers
        self._price = price
        self._retries = 1.0

    async def stream(
        self,
        request: ChatRequest,
        *,
        deadline_s: float,
        first_number: int = 1,
        on_attempt: Callable[[VendorAttempt], None] = lambda _: None,
    ) -> AsyncGenerator[DraftEvent]:
        """The draft, ended by one `DraftEnd`. Closing it cancels the request in flight.

        Args:
            deadline_s: what is left of the turn.
            first_number: number of the turn's next vendor attempt.
            on_attempt: told of every attempt as it ends, also of one that is cancelled or after which nothing is left.
        Raises:
            DeadlineError: the turn's time is over.
            DependencyError: every rung failed; the last one's error.
        """
        climb = _Climb(
            request=request,
            ends_at=self._breakers.monotonic() + deadline_s,
            first_number=first_number,
            on_attempt=on_attempt,
        )
        self._retries = min(1.0, self._retries + RETRY_SHARE)
        for position, rung in enumerate(self._rungs):
            async with aclosing(self._stand(position, rung, climb)) as events:
                async for event in events:
                    yield event
                    if isinstance(event, DraftEnd):
                        return
        raise climb.last_error or UnavailableError("No model may be asked right now.", result="5xx")

    async def _stand(self, position: int, rung: Rung, climb: _Climb) -> AsyncGenerator[DraftEvent]:
        """Everything that is tried on one rung; without a `DraftEnd` the climb goes on."""
        is_last = position == len(self._rungs) - 1
        while rung.is_built_in or self._breakers.admit(rung.model.vendor, rung.model.model):
            attempt = self._open(rung, climb, is_last=is_last)
            if attempt is None:
                return
            try:
                async with aclosing(attempt.texts()) as texts:
                    async for text in texts:
                        climb.has_text = climb.has_text or bool(text)
                        yield DraftText(text=text)
            except DependencyError as error:
                climb.last_error = error
            finally:
                climb.keep(attempt)
            if end := self._ended(position, attempt, climb):
                yield end
                return
            if climb.has_text:
                climb.has_text = False
                yield DraftReset()
            if not self._may_repeat(position, attempt, climb):
                return
            await asyncio.sleep(REPEAT_AFTER_S * (0.5 + random.random()))

    def _open(self, rung: Rung, climb: _Climb, *, is_last: bool) -> Attempt | None:
        """An attempt within what is left of the turn; None where only the last rung still has time."""
        left_s = climb.ends_at - self._breakers.monotonic()
        if is_last and left_s <= 0:
            raise DeadlineError("The time for this answer is over.")
        limit_s = left_s if is_last else left_s - LAST_RUNG_S
        if limit_s <= 0:
            return None
        number = climb.first_number + len(climb.records)
        return Attempt(rung, climb.request, number=number, limit_s=limit_s, breakers=self._breakers, price=self._price)

    def _ended(self, position: int, attempt: Attempt, climb: _Climb) -> DraftEnd | None:
        """The end of the draft, if this attempt ended it: a whole reply, or a refusal of its content."""
        is_filtered = isinstance(climb.last_error, RejectedError) and result_of(climb.last_error) == "filter"
        if attempt.end is None and not is_filtered:
            return None
        return DraftEnd(
            finish_reason=attempt.end.finish_reason if attempt.end else "filter",
            route=attempt.rung.route.name,
            degraded=self._degraded(position, climb),
            attempts=tuple(climb.records),
            prompt=attempt.rung.model.render(climb.request),
        )

    def _degraded(self, position: int, climb: _Climb) -> tuple[str, ...]:
        labels: list[str] = []
        if position > 0:
            labels.append("extractive_fallback" if self._rungs[position].is_built_in else "model_fallback")
        if climb.is_shortened:
            labels.append("shortened_request")
        return tuple(labels)

    def _may_repeat(self, position: int, attempt: Attempt, climb: _Climb) -> bool:
        """Whether the same model is asked once more.

        A request that was too long is repeated once, smaller. A server error is repeated once, where the next
        rung would only quote, nothing was drafted, and the share of repeats allows it. A silent model never is.
        """
        result: AttemptResult = attempt.record.result if attempt.record else "refused"
        if result == "ctx" and not climb.is_shortened:
            climb.request, climb.is_shortened = shortened(climb.request), True
            return True
        is_first_failure = sum(1 for record in climb.records if record.model == attempt.rung.model.model) == 1
        next_quotes = position + 1 < len(self._rungs) and self._rungs[position + 1].is_built_in
        if result == "5xx" and is_first_failure and next_quotes and self._retries >= 1.0:
            self._retries -= 1.0
            return True
        return False


def shortened(request: ChatRequest) -> ChatRequest:
    """The request with its last two turns and the better half of its passages; the instructions stay whole."""
    return replace(
        request,
        history=request.history[-2:],
        summary=request.summary[:1000],
        passages=request.passages[: -(-len(request.passages) // 2)],
    )
