"""The ladder: a draft from the first model that delivers a whole one."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from typing import Literal

from frontdesk.domain.errors import DeadlineError, DependencyError, UnavailableError
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.models import ChatRequest
from frontdesk.turn.generation.attempt import Attempt, result_of
from frontdesk.turn.generation.climb import Climb
from frontdesk.turn.generation.race import Race
from frontdesk.turn.generation.rung import Deployment, Rung, shortened
from frontdesk.turn.generation.segments import SentenceStream
from frontdesk.turn.generation.vendors import RETRY_SHARE, Vendors
from frontdesk.turn.money.budget import NoLimits, Price, Purse, Thrift

LAST_RUNG_S = 0.5
"""Kept back from the turn's deadline for the last rung, which computes for some milliseconds; a guess."""
REPEAT_WITHIN_S = 0.2
"""A repeat follows at some moment within this time, so that repeats of many turns do not come together; a guess."""
LIMIT_WAIT_S = 1.0
"""How long an answer waits for its vendor's limits before the next rung is asked; a guess."""
HEDGE_AFTER_S = 1.2
"""Until a deployment has answered often enough to tell what is unusual for it (failure model, rule 1)."""
HEDGE_LEAST_S = 0.5
"""Nobody notices a shorter wait, so no second vendor is paid for it; a guess."""
HEDGE_SAMPLES = 20
"""First texts from which a deployment's own 95th percentile is taken."""


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
    preferred: str
    """Name of the route that would have, had nothing been in its way."""
    degraded: tuple[str, ...]
    """What was done without: `model_fallback` or `extractive_fallback` when a later rung wrote it, `shortened_request`
    after compaction, `budget_…` where money ran low."""
    attempts: tuple[VendorAttempt, ...]
    """Every request that was made for this draft and has ended, failed ones included."""
    prompt: str
    """The request as it was rendered for the model that answered."""


DraftEvent = DraftText | DraftReset | DraftEnd


class Generator:
    """Asks the models of a ladder in their order until one delivers.

    A model whose breaker is open or which asked for a pause is passed over, as is one that cannot take the request, or
    for which no money is left. Switching is silent while nothing was drafted; afterwards a `DraftReset` voids the text,
    and the next model starts from the whole request.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        *,
        small: Sequence[Rung] = (),
        vendors: Vendors,
        price: Price,
        hedge_share: float = 0.0,
    ) -> None:
        """
        Args:
            rungs: first rung first; the last one is kept for the end of the turn's time.
            small: asked instead when money runs low, with the last one of `rungs` behind them.
            hedge_share: of all drafts, for how many a second vendor may be asked beside a slow one.
        """
        if not rungs:
            raise ValueError("a ladder needs at least one rung")
        self._rungs = tuple(rungs)
        self._small = (*(rung for rung in small if not rung.is_built_in), self._rungs[-1]) if small else ()
        self._vendors = vendors
        self._price = price
        self._hedge_share = hedge_share

    async def stream(
        self,
        request: ChatRequest,
        *,
        deadline_s: float,
        purse: Purse | None = None,
        thrift: Thrift = "none",
        numbers: Iterator[int] | None = None,
        on_attempt: Callable[[VendorAttempt], None] = lambda _: None,
    ) -> AsyncGenerator[DraftEvent]:
        """The draft, ended by one `DraftEnd`. Closing it cancels the requests in flight.

        Args:
            deadline_s: what is left of the turn.
            purse: pays for every request; None spends without a limit.
            thrift: how much is to be saved.
            numbers: of the turn's vendor attempts; from 1 where none are given.
            on_attempt: told of every attempt as it ends, also of one that is cancelled or after which nothing is left.
        Raises:
            DeadlineError: the turn's time is over.
            DependencyError: every rung failed; the last one's error.
        """
        climb = Climb(
            request=shortened(request) if thrift in ("short", "extractive") else request,
            vendors=self._vendors,
            price=self._price,
            purse=purse or NoLimits(),
            ends_at=self._vendors.monotonic() + deadline_s,
            numbers=numbers or count(1),
            on_attempt=on_attempt,
        )
        self._vendors.retries.earn(RETRY_SHARE)
        self._vendors.hedges.earn(self._hedge_share)
        descent = _Descent(self._ladder(thrift, climb), request, climb, hedges=self._hedge_share > 0)
        async with aclosing(descent.events()) as events:
            async for event in events:
                yield event

    def _ladder(self, thrift: Thrift, climb: Climb) -> tuple[Rung, ...]:
        """The rungs for so much thrift; what is done without is noted."""
        if thrift == "extractive":
            climb.label("budget_extractive")
            return self._rungs[-1:]
        if thrift == "short":
            climb.label("budget_short_context")
        if thrift == "none" or not self._small:
            return self._rungs
        climb.label("budget_small_model")
        return self._small


class _Descent:
    """One draft on its way down."""

    def __init__(self, rungs: tuple[Rung, ...], whole: ChatRequest, climb: Climb, *, hedges: bool) -> None:
        self._rungs = rungs
        self._whole = whole
        self._climb = climb
        self._vendors = climb.vendors
        self._wanted = climb.request
        self._hedges = hedges
        self._next = 0
        """Position of the rung that is tried next."""
        self._drafted: list[str] = []
        self._is_repeat = False

    async def events(self) -> AsyncGenerator[DraftEvent]:
        while self._next < len(self._rungs):
            position, self._next = self._next, self._next + 1
            attempt = await self._open(position)
            if attempt is None:
                self._is_repeat = False
                continue
            race = self._race(position, attempt)
            try:
                async with aclosing(race.texts() if race else attempt.texts()) as texts:
                    async for text in texts:
                        self._drafted.append(text)
                        yield DraftText(text=text)
            except DependencyError as error:
                self._climb.last_error = error
            finally:
                attempt.finish()
            last = race.attempt if race else attempt
            if end := self._ended(last):
                yield end
                return
            if self._drafted:
                self._drafted.clear()
                yield DraftReset()
            if not (race and race.has_second) and self._may_repeat(position, last):
                self._next, self._is_repeat = position, True
                await asyncio.sleep(REPEAT_WITHIN_S * random.random())
            else:
                self._is_repeat = False
        raise self._climb.last_error or UnavailableError("No model may be asked right now.", result="5xx")

    async def _open(self, position: int, *, is_hedge: bool = False) -> Attempt | None:
        """An attempt within what is left of the turn; None where this rung is passed over."""
        rung, left_s = self._rungs[position], self._climb.left_s
        is_last = position == len(self._rungs) - 1
        if is_last and left_s <= 0:
            raise DeadlineError("The time for this answer is over.")
        if rung.is_built_in:
            self._climb.request = self._whole  # quoting has no limits to keep within
        elif rung.deployment in self._silent():
            return None
        limit_s = left_s if is_last else left_s - LAST_RUNG_S
        return await self._climb.open(
            rung, limit_s=limit_s, wait_s=0.0 if is_hedge else LIMIT_WAIT_S, is_hedge=is_hedge
        )

    def _silent(self) -> set[Deployment]:
        """Where nothing came for this draft: another rung of the same would ask the same server again."""
        routes = {record.route for record in self._climb.records if record.result == "timeout_fb"}
        return {rung.deployment for rung in self._rungs if rung.route.name in routes}

    def _race(self, position: int, lead: Attempt) -> Race | None:
        """The attempt with a second one in reserve; None where none would be asked."""
        after_s = self._hedge_after_s(lead.rung)
        has_next = any(_can_race(rung, lead.rung) for rung in self._rungs[position + 1 :])
        if not self._hedges or not has_next or self._is_repeat or after_s >= lead.rung.first_byte_s:
            return None
        return Race(lead, after_s=after_s, second=lambda: self._second(lead.rung))

    def _hedge_after_s(self, rung: Rung) -> float:
        if rung.is_built_in:
            return rung.first_byte_s
        usual_ms = self._vendors.first_text_p95_ms(rung, least=HEDGE_SAMPLES)
        return HEDGE_AFTER_S if usual_ms is None else max(usual_ms / 1000, HEDGE_LEAST_S)

    async def _second(self, lead: Rung) -> Attempt | None:
        """The next vendor on the ladder that may be asked now; the descent goes on behind it."""
        if not self._vendors.hedges.spend():
            return None
        for position in range(self._next, len(self._rungs)):
            can_race = _can_race(self._rungs[position], lead)
            attempt = await self._open(position, is_hedge=True) if can_race else None
            if attempt is not None:
                self._next = position + 1
                return attempt
        self._vendors.hedges.earn(1.0)
        return None

    def _ended(self, attempt: Attempt) -> DraftEnd | None:
        """The end of the draft, if this attempt ended it: a whole reply, or a refusal of its content.

        A reply that ran out of tokens within its first sentence is neither.
        """
        error = self._climb.last_error
        is_filtered = error is not None and result_of(error) == "filter"
        if attempt.end is None and not is_filtered:
            return None
        if attempt.end is not None and attempt.end.finish_reason == "length" and not self._has_sentence():
            return None
        return DraftEnd(
            finish_reason=attempt.end.finish_reason if attempt.end else "filter",
            route=attempt.rung.route.name,
            preferred=self._rungs[0].route.name,
            degraded=self._degraded(attempt),
            attempts=tuple(self._climb.records),
            prompt=attempt.prompt,
        )

    def _has_sentence(self) -> bool:
        sentences = SentenceStream()
        return bool(sentences.feed("".join(self._drafted)) or sentences.finish(is_cut=True))

    def _degraded(self, attempt: Attempt) -> tuple[str, ...]:
        labels = list(self._climb.labels)
        if attempt.rung is not self._rungs[0]:
            labels.append("extractive_fallback" if attempt.rung.is_built_in else "model_fallback")
        if attempt.asked.request is not self._wanted and attempt.asked.request is not self._whole:
            labels.append("shortened_request")
        return tuple(labels)

    def _may_repeat(self, position: int, attempt: Attempt) -> bool:
        """Whether the same model is asked once more.

        A request that was too long is repeated once, smaller. A server error or a refused connection is repeated once,
        where the next rung would only quote, nothing was drafted, and the share of repeats allows it. A silent model
        never is.
        """
        result = attempt.record.result if attempt.record else "refused"
        if result == "ctx":
            smaller = shortened(self._wanted)
            if self._climb.request is not self._wanted or smaller == self._wanted:
                return False
            self._climb.request = smaller
            return True
        next_quotes = position + 1 < len(self._rungs) and self._rungs[position + 1].is_built_in
        is_worth_it = result in ("5xx", "cut") and attempt.record is not None and attempt.record.first_token_ms is None
        return is_worth_it and not self._is_repeat and next_quotes and self._vendors.retries.spend()


def _can_race(rung: Rung, lead: Rung) -> bool:
    """Quoting is no second opinion, and the same server no other one."""
    return not rung.is_built_in and rung.deployment != lead.deployment
