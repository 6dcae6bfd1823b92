"""The ledger: written once, never changed. Every entry counts for the budgets of its time and its payer."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, insert, select

from frontdesk.adapters.stores.budgets import NANO, Budgets
from frontdesk.adapters.stores.schema import ledger
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import to_ms
from frontdesk.domain.ids import TurnId
from frontdesk.domain.money import LedgerEntry, Payer, Span, spans_at

_ADD = insert(ledger)
_OF_TURN = select(ledger).where(ledger.c.turn_id == bindparam("wanted")).order_by(ledger.c.entry_id)
_NOTED = select(ledger.c.entry_id).where(ledger.c.at == bindparam("at_ms"), ledger.c.note == bindparam("wanted"))


def to_nanousd(amount: Decimal) -> int:
    """Billionths of a dollar; less than one is rounded half to even."""
    return int((amount * NANO).to_integral_value())


def to_usd(nanousd: int) -> Decimal:
    return Decimal(nanousd) / NANO


class Ledger:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, entries: Sequence[LedgerEntry]) -> None:
        if entries:
            self._session.run_many(_ADD, [_row(entry) for entry in entries])
            Budgets(self._session).change(_spent_by(entries))

    def has_note(self, note: str, *, at: datetime) -> bool:
        """Whether an entry of just that time has this note."""
        return self._session.first(_NOTED, {"wanted": note, "at_ms": to_ms(at)}) is not None

    def of_turn(self, turn_id: TurnId) -> list[dict[str, Any]]:
        """What the turn cost, JSON-ready, for its trace."""
        return [
            {
                "vendor": row.vendor,
                "model": row.model,
                "feature": row.purpose,
                "cost_usd": None if row.cost_nanousd is None else str(to_usd(row.cost_nanousd).normalize()),
            }
            for row in self._session.rows(_OF_TURN, {"wanted": turn_id})
        ]


def _spent_by(entries: Sequence[LedgerEntry]) -> dict[Span, tuple[int, int]]:
    """What the entries cost together, in billionths, in each span that they count for."""
    spent: dict[Span, tuple[int, int]] = {}
    for entry in entries:
        cost = to_nanousd(entry.cost_usd or Decimal(0))
        payer = Payer(turn_id=entry.turn_id, conversation_id=entry.conversation_id, customer_id=entry.customer_id)
        for span in spans_at(payer, entry.at) if cost else ():
            spent[span] = (spent.get(span, (0, 0))[0] + cost, 0)
    return spent


def _row(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "at": to_ms(entry.at),
        "kind": entry.kind,
        "turn_id": entry.turn_id,
        "conversation_id": entry.conversation_id,
        "customer_id": entry.customer_id,
        "channel": entry.channel,
        "release_id": entry.release_id,
        "purpose": entry.purpose,
        "vendor": entry.vendor,
        "model": entry.model,
        "input_tokens": entry.usage.input_tokens,
        "output_tokens": entry.usage.output_tokens,
        "cached_tokens": entry.usage.cached_tokens,
        "cost_nanousd": None if entry.cost_usd is None else to_nanousd(entry.cost_usd),
        "is_estimated": int(entry.is_estimated),
        "note": entry.note,
    }
