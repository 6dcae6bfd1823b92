"""Embeddings that are paid for: counted where they are made, booked soon after, for the turn that asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from frontdesk.domain.ids import ReleaseId
from frontdesk.domain.money import LedgerEntry, Payer
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import Embedded

MOST_ENTRIES = 10_000
"""Kept while nobody books them; beyond that, more is only added to what is there for nobody in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBehalf:
    """Whose question is being answered."""

    payer: Payer
    channel: str
    release_id: ReleaseId


_ON_BEHALF: ContextVar[OnBehalf | None] = ContextVar("on_behalf", default=None)


@contextmanager
def on_behalf_of(whose: OnBehalf) -> Iterator[None]:
    """What is embedded in this block, and in tasks that it starts, is for this turn."""
    token = _ON_BEHALF.set(whose)
    try:
        yield
    finally:
        _ON_BEHALF.reset(token)


class EmbeddingMeter:
    """Adds up what an embedder reports, per turn and model. May be told from any thread."""

    def __init__(self, price: Callable[[str, str, Usage], Decimal | None], *, now: Callable[[], datetime]) -> None:
        self._price = price
        self._now = now
        self._lock = threading.Lock()
        self._entries: dict[tuple[OnBehalf | None, str, str, bool], LedgerEntry] = {}

    def __call__(self, made: Embedded) -> None:
        whose = _ON_BEHALF.get()
        with self._lock:
            if len(self._entries) >= MOST_ENTRIES:
                whose = None
            key = (whose, made.vendor, made.model, made.is_estimated)
            known = self._entries.get(key)
            self._entries[key] = self._entry(whose, made) if known is None else self._more(known, made.tokens)

    def take(self) -> list[LedgerEntry]:
        """What was not booked yet, to be booked now."""
        with self._lock:
            taken, self._entries = list(self._entries.values()), {}
        return taken

    def _entry(self, whose: OnBehalf | None, made: Embedded) -> LedgerEntry:
        usage = Usage(input_tokens=made.tokens)
        payer = Payer() if whose is None else whose.payer
        return LedgerEntry(
            at=self._now(),
            purpose="embed",
            vendor=made.vendor,
            model=made.model,
            usage=usage,
            cost_usd=self._price(made.vendor, made.model, usage),
            is_estimated=made.is_estimated,
            turn_id=payer.turn_id,
            conversation_id=payer.conversation_id,
            customer_id=payer.customer_id,
            channel="" if whose is None else whose.channel,
            release_id="" if whose is None else whose.release_id,
        )

    def _more(self, known: LedgerEntry, tokens: int) -> LedgerEntry:
        usage = replace(known.usage, input_tokens=known.usage.input_tokens + tokens)
        return replace(known, usage=usage, cost_usd=self._price(known.vendor, known.model, usage))
