"""Budgets: what is spent and set aside in each span that a ceiling holds for, and the money that is set aside.

A span has a row from the first time a ceiling asks for it. It begins with what the ledger says, and the ledger keeps it
up to date, so that it is always the sum of its entries: a ceiling that is set at noon knows of the morning, and a row
that is forgotten comes back as it was. Rows are locked in the order of scope and key, everywhere.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, exists, func, insert, or_, select, update

from frontdesk.adapters.stores.schema import budgets, ledger, reservations, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import DatabaseNow, insert_if_absent
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms, to_ms_span
from frontdesk.domain.ids import TurnId
from frontdesk.domain.money import Cap, Level, Reservation, Span
from frontdesk.domain.turn import TurnState

NANO = Decimal(10) ** 9
_MOST_SPANS = 5
"""As many as there are scopes."""

_NOW = select(DatabaseNow())
_ROWS = select(budgets).where(
    or_(
        *(
            (budgets.c.scope == bindparam(f"scope{place}")) & (budgets.c.key == bindparam(f"key{place}"))
            for place in range(_MOST_SPANS)
        )
    )
)
_LOCKED_ROWS = _ROWS.order_by(budgets.c.scope, budgets.c.key).with_for_update()
_BEGIN = insert_if_absent(budgets).values(reserved_nanousd=0, updated_at=DatabaseNow())
_CHANGE = (
    update(budgets)
    .where(budgets.c.scope == bindparam("of_scope"), budgets.c.key == bindparam("of_key"))
    .values(
        spent_nanousd=budgets.c.spent_nanousd + bindparam("more_spent", type_=BigInteger),
        reserved_nanousd=budgets.c.reserved_nanousd + bindparam("more_reserved", type_=BigInteger),
        updated_at=DatabaseNow(),
    )
)
_FORGET = delete(budgets).where(
    budgets.c.reserved_nanousd == 0, budgets.c.updated_at < DatabaseNow() - bindparam("kept_ms", type_=BigInteger)
)

_SUM = select(func.coalesce(func.sum(ledger.c.cost_nanousd), 0))
_IN_TIME = (ledger.c.at >= bindparam("since"), ledger.c.at < bindparam("until"))
_SPENT_BY_TURN = _SUM.where(ledger.c.turn_id == bindparam("subject"))
_SPENT_BY_CONVERSATION = _SUM.where(ledger.c.conversation_id == bindparam("subject"))
_SPENT_BY_CUSTOMER = _SUM.where(ledger.c.customer_id == bindparam("subject"), *_IN_TIME)
_SPENT_BY_SOMEBODY = _SUM.where(
    ledger.c.conversation_id == bindparam("subject"), ledger.c.customer_id.is_(None), *_IN_TIME
)
_SPENT_IN_TIME = _SUM.where(*_IN_TIME)

_SET_ASIDE = insert(reservations).values(
    created_at=DatabaseNow(), expires_at=DatabaseNow() + bindparam("expires_ms", type_=BigInteger)
)
_GET = select(reservations).where(reservations.c.reservation_id == bindparam("wanted")).with_for_update()
_SHRINK = (
    update(reservations)
    .where(reservations.c.reservation_id == bindparam("wanted"))
    .values(amount_nanousd=bindparam("amount"))
)
_OF_TURN = (
    select(reservations)
    .where(reservations.c.turn_id == bindparam("wanted"))
    .order_by(reservations.c.reservation_id)
    .with_for_update()
)
_EXPIRED = (
    select(reservations)
    .where(
        reservations.c.expires_at <= DatabaseNow(),
        ~exists().where(turns.c.turn_id == reservations.c.turn_id, turns.c.state != TurnState.ENDED.value),
    )
    .order_by(reservations.c.expires_at)
    .limit(bindparam("most"))
    .with_for_update(of=reservations, skip_locked=True)
)
_DROP = delete(reservations).where(reservations.c.reservation_id == bindparam("wanted"))


class Budgets:
    def __init__(self, session: Session) -> None:
        self._session = session

    def now(self) -> datetime:
        """The database's time, in whole milliseconds."""
        return from_ms(self._session.scalar(_NOW))

    def levels(self, caps: Sequence[Cap]) -> tuple[Level, ...]:
        """How full the spans are, in the order of the caps; writes nothing."""
        rows = self._rows(_ROWS, caps)
        return tuple(_level(cap, *(rows.get(cap.span) or (self._spent(cap.span), 0))) for cap in caps)

    def reserve(self, reservation: Reservation, caps: Sequence[Cap], *, expires_s: float) -> tuple[Level, ...]:
        """Set the money aside in each cap's span, and give how full they are with it.

        Where that is more than a cap allows, nothing is set aside; the levels are as they would have been.
        """
        rows = self._rows(_LOCKED_ROWS, caps)
        missing = [cap.span for cap in caps if cap.span not in rows]
        if missing:
            self._begin(missing)
            rows = self._rows(_LOCKED_ROWS, caps)
        amount = _at_least(reservation.amount_usd)
        levels = tuple(_level(cap, rows[cap.span][0], rows[cap.span][1] + amount) for cap in caps)
        if not any(level.is_over for level in levels):
            self._session.run(_SET_ASIDE, {**_row(reservation, amount), "expires_ms": to_ms_span(expires_s)})
            self.change({cap.span: (0, amount) for cap in caps})
        return levels

    def shrink(self, amounts: Mapping[str, Decimal]) -> None:
        """Keep of these reservations only as much as was spent; one that is gone stays so."""
        for reservation_id in sorted(amounts):
            row = self._session.first(_GET, {"wanted": reservation_id})
            if row is not None:
                amount = _at_least(amounts[reservation_id])
                self._session.run(_SHRINK, {"wanted": reservation_id, "amount": amount})
                self.change(dict.fromkeys(_spans(row.spans), (0, amount - row.amount_nanousd)))

    def of_turn(self, turn_id: TurnId) -> tuple[Reservation, ...]:
        """Everything that is set aside for the turn, by whichever worker; nobody else changes it until the commit."""
        return tuple(map(_to_reservation, self._session.rows(_OF_TURN, {"wanted": turn_id})))

    def expired(self, *, limit: int) -> tuple[Reservation, ...]:
        """Reservations whose time is over and whose turn has ended: nobody will settle them."""
        return tuple(map(_to_reservation, self._session.rows(_EXPIRED, {"most": limit})))

    def release(self, gone: Sequence[Reservation]) -> None:
        """Let go of what was set aside; what was spent of it is the ledger's."""
        freed: dict[Span, tuple[int, int]] = {}
        for one in gone:
            self._session.run(_DROP, {"wanted": one.reservation_id})
            amount = _at_least(one.amount_usd)
            for span in one.spans:
                freed[span] = (0, freed.get(span, (0, 0))[1] - amount)
        self.change(freed)

    def change(self, more: Mapping[Span, tuple[int, int]]) -> None:
        """Add to what is spent and what is set aside, in billionths; a span that no ceiling asked for has no row."""
        rows = [
            {"of_scope": span.scope, "of_key": span.key, "more_spent": spent, "more_reserved": reserved}
            for span, (spent, reserved) in sorted(more.items(), key=lambda item: (item[0].scope, item[0].key))
        ]
        if rows:
            self._session.run_many(_CHANGE, rows)

    def forget(self, *, kept: timedelta) -> int:
        """Drop the rows that nothing changed for so long; how many that were. They come back where they are needed."""
        return self._session.run(_FORGET, {"kept_ms": to_ms_span(kept.total_seconds())})

    def _rows(self, statement: Any, caps: Sequence[Cap]) -> dict[Span, tuple[int, int]]:
        values = dict.fromkeys((f"{name}{place}" for place in range(_MOST_SPANS) for name in ("scope", "key")), "")
        for place, cap in enumerate(caps):
            values[f"scope{place}"], values[f"key{place}"] = cap.span.scope, cap.span.key
        found = self._session.rows(statement, values)
        return {Span(scope=row.scope, key=row.key): (row.spent_nanousd, row.reserved_nanousd) for row in found}

    def _begin(self, spans: Iterable[Span]) -> None:
        for span in sorted(spans, key=lambda one: (one.scope, one.key)):
            self._session.run(_BEGIN, {"scope": span.scope, "key": span.key, "spent_nanousd": self._spent(span)})

    def _spent(self, span: Span) -> int:
        """What the ledger says was spent in it, in billionths."""
        match span.scope:
            case "turn":
                return self._sum(_SPENT_BY_TURN, subject=span.key)
            case "conversation":
                return self._sum(_SPENT_BY_CONVERSATION, subject=span.key)
            case "customer_day":
                subject, _, day = span.key.rpartition(" ")
                is_known = subject.startswith("cust_")
                statement = _SPENT_BY_CUSTOMER if is_known else _SPENT_BY_SOMEBODY
                return self._sum(statement, subject=subject, **_day(day))
            case "day":
                return self._sum(_SPENT_IN_TIME, **_day(span.key))
            case "month":
                return self._sum(_SPENT_IN_TIME, **_month(span.key))

    def _sum(self, statement: Any, **values: Any) -> int:
        return int(self._session.scalar(statement, values))


def _at_least(amount: Decimal) -> int:
    """The amount in billionths, rounded up: what is set aside is never too little."""
    return int((amount * NANO).to_integral_value(rounding=ROUND_CEILING))


def _level(cap: Cap, spent: int, reserved: int) -> Level:
    return Level(cap=cap, spent_usd=spent / NANO, reserved_usd=reserved / NANO)


def _day(day: str) -> dict[str, int]:
    start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    return {"since": to_ms(start), "until": to_ms(start + timedelta(days=1))}


def _month(month: str) -> dict[str, int]:
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    after = (start + timedelta(days=31)).replace(day=1)
    return {"since": to_ms(start), "until": to_ms(after)}


def _row(reservation: Reservation, amount: int) -> dict[str, Any]:
    return {
        "reservation_id": reservation.reservation_id,
        "turn_id": reservation.turn_id,
        "fence": reservation.fence,
        "amount_nanousd": amount,
        "spans": to_json([[span.scope, span.key] for span in reservation.spans]),
        "vendor": reservation.vendor,
        "model": reservation.model,
        "purpose": reservation.purpose,
    }


def _spans(text: str) -> tuple[Span, ...]:
    return tuple(Span(scope=scope, key=key) for scope, key in json.loads(text))


def _to_reservation(row: Any) -> Reservation:
    return Reservation(
        reservation_id=row.reservation_id,
        turn_id=TurnId(row.turn_id),
        fence=row.fence,
        amount_usd=row.amount_nanousd / NANO,
        spans=_spans(row.spans),
        vendor=row.vendor,
        model=row.model,
        purpose=row.purpose,
        created_at=from_ms(row.created_at),
    )
