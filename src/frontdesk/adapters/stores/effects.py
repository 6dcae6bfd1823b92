"""Effects on other systems, and the approvals they rest on."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import BigInteger, bindparam, func, or_, select, update

from frontdesk.adapters.stores.schema import approvals, customers, effects
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import DatabaseNow, insert_if_absent
from frontdesk.adapters.stores.typed import read_row, read_rows, row_text, rows_text
from frontdesk.adapters.stores.values import from_ms, to_ms, to_ms_span
from frontdesk.domain.connector import Row
from frontdesk.domain.effects import Approval, Effect
from frontdesk.domain.ids import ConversationId, RunId, TurnId
from frontdesk.ports.stores import EffectLimits

_DAY_MS = 86_400_000

_HOLD_CUSTOMER = (
    select(customers.c.customer_id).where(customers.c.subject == bindparam("wanted")).with_for_update(key_share=True)
)
"""What is counted for a customer is counted by one transaction at a time."""
_COUNT = select(func.count()).where(
    effects.c.subject == bindparam("whose"),
    effects.c.operation == bindparam("of_operation"),
    effects.c.status != "failed",
    effects.c.counted_at > DatabaseNow() - bindparam("span_ms", type_=BigInteger),
)
_BEGIN = insert_if_absent(effects).values(counted_at=DatabaseNow())
_GET = select(effects).where(effects.c.key == bindparam("wanted"))
_FINISH = (
    update(effects)
    .where(effects.c.key == bindparam("wanted"), effects.c.status.in_(("begun", "unknown")))
    .values(
        status=bindparam("new_status"), rows=bindparam("new_rows"), why=bindparam("new_why"), ended_at=bindparam("at")
    )
)
_TAKE_IN = update(effects).where(effects.c.key == bindparam("wanted")).values(is_taken_in=1)
_IN_ORDER = (effects.c.counted_at, effects.c.key)
_OPEN_OF = (
    select(effects)
    .where(effects.c.conversation_id == bindparam("wanted"), effects.c.status == "begun")
    .order_by(*_IN_ORDER)
)
_OF_RUN = select(effects).where(effects.c.run_id == bindparam("wanted")).order_by(*_IN_ORDER)
_OF_TURN = select(effects).where(effects.c.turn_id == bindparam("wanted")).order_by(*_IN_ORDER)
_STALE = (
    select(effects)
    .where(
        effects.c.status == "begun",
        effects.c.counted_at <= DatabaseNow() - bindparam("span_ms", type_=BigInteger),
    )
    .order_by(*_IN_ORDER)
    .limit(bindparam("most"))
)

_ASK = insert_if_absent(approvals).values(
    expires_at=DatabaseNow() + bindparam("expires_ms", type_=BigInteger), used_at=None, used_by=None, is_void=0
)
_VOID = (
    update(approvals)
    .where(approvals.c.run_id == bindparam("wanted"), approvals.c.used_at.is_(None))
    .values(is_void=1, arguments=None)
)
_CAN_BE_USED = (approvals.c.used_at.is_(None), approvals.c.is_void == 0, approvals.c.expires_at > DatabaseNow())
_FIND = select(approvals).where(
    approvals.c.run_id == bindparam("wanted"), approvals.c.step == bindparam("of_step"), *_CAN_BE_USED
)
_CONSUME = (
    update(approvals)
    .where(
        approvals.c.approval_id == bindparam("wanted"),
        or_(
            approvals.c.used_by == bindparam("by"),
            approvals.c.used_at.is_(None) & (approvals.c.is_void == 0) & (approvals.c.expires_at > DatabaseNow()),
        ),
    )
    .values(used_at=func.coalesce(approvals.c.used_at, DatabaseNow()), used_by=bindparam("by"))
)
_USED_BY = select(approvals).where(approvals.c.used_by == bindparam("wanted")).order_by(approvals.c.approval_id)


class Effects:
    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, effect: Effect, *, limits: EffectLimits) -> Effect | Literal["limit"]:
        """Note that it begins; give the one that was begun under this key before, where there is one.

        Limits are counted in this transaction, so that parallel ones can't pass them together. What failed doesn't
        count; what is unknown does.
        """
        if effect.subject:
            self._session.first(_HOLD_CUSTOMER, {"wanted": effect.subject})
        known = self.get(effect.key)
        if known is not None:
            return known
        if self._is_over(effect, limits):
            return "limit"
        self._session.run(_BEGIN, _row(effect))
        return self.get(effect.key) or effect

    def _is_over(self, effect: Effect, limits: EffectLimits) -> bool:
        if limits.max_amount is not None and effect.amount is not None and effect.amount > limits.max_amount:
            return True
        if not limits.per_customer_day:
            return False
        counted = {"whose": effect.subject, "of_operation": effect.operation, "span_ms": _DAY_MS}
        return bool(self._session.scalar(_COUNT, counted) >= limits.per_customer_day)

    def get(self, key: str) -> Effect | None:
        row = self._session.first(_GET, {"wanted": key})
        return None if row is None else _to_effect(row)

    def finish(
        self, key: str, status: Literal["done", "failed", "unknown"], *, rows: Sequence[Row], why: str, at: datetime
    ) -> bool:
        """Whether it was open until now; what is done or failed stays so."""
        values = {"wanted": key, "new_status": status, "new_rows": rows_text(rows), "new_why": why, "at": to_ms(at)}
        return self._session.run(_FINISH, values) == 1

    def take_in(self, keys: Sequence[str]) -> None:
        """Their run has gone on with what became of them."""
        if keys:
            self._session.run_many(_TAKE_IN, [{"wanted": key} for key in keys])

    def open_of(self, conversation_id: ConversationId) -> tuple[Effect, ...]:
        """Begun, and nobody knows yet what became of them; oldest first."""
        return self._found(_OPEN_OF, conversation_id)

    def of_run(self, run_id: RunId) -> tuple[Effect, ...]:
        """Oldest first."""
        return self._found(_OF_RUN, run_id)

    def of_turn(self, turn_id: TurnId) -> tuple[Effect, ...]:
        """Those that the turn began, oldest first."""
        return self._found(_OF_TURN, turn_id)

    def stale(self, *, older_than_s: float, limit: int) -> tuple[Effect, ...]:
        """Begun so long ago, by the database's clock, that whoever called has given up; oldest first."""
        found = self._session.rows(_STALE, {"span_ms": to_ms_span(older_than_s), "most": limit})
        return tuple(_to_effect(row) for row in found)

    def _found(self, statement: Any, wanted: str) -> tuple[Effect, ...]:
        return tuple(_to_effect(row) for row in self._session.rows(statement, {"wanted": wanted}))


class Approvals:
    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, approval: Approval, *, expires_s: float) -> None:
        """Ask for it; what the run asked for before can't be approved any more."""
        self.void(approval.run_id)
        row = {
            "approval_id": approval.approval_id,
            "run_id": approval.run_id,
            "conversation_id": approval.conversation_id,
            "step": approval.step,
            "operation": approval.operation,
            "arguments": row_text(approval.arguments),
            "created_at": to_ms(approval.created_at),
            "expires_ms": to_ms_span(expires_s),
        }
        self._session.run(_ASK, row)

    def find(self, run_id: RunId, step: str) -> Approval | None:
        """The one that can be approved now: asked for, not used, not expired by the database's clock."""
        row = self._session.first(_FIND, {"wanted": run_id, "of_step": step})
        return None if row is None else _to_approval(row)

    def consume(self, approval_id: str, *, turn_id: TurnId) -> bool:
        """Use it up. True once, and for the same turn again; False where it is used, void or expired."""
        return self._session.run(_CONSUME, {"wanted": approval_id, "by": turn_id}) == 1

    def used_by(self, turn_id: TurnId) -> tuple[Approval, ...]:
        """What this turn has used up, by whichever of its workers."""
        return tuple(_to_approval(row) for row in self._session.rows(_USED_BY, {"wanted": turn_id}))

    def void(self, run_id: RunId) -> None:
        """Nothing that the run asked for can be approved any more."""
        self._session.run(_VOID, {"wanted": run_id})


def _row(effect: Effect) -> dict[str, Any]:
    return {
        "key": effect.key,
        "run_id": effect.run_id,
        "conversation_id": effect.conversation_id,
        "turn_id": effect.turn_id,
        "step": effect.step,
        "operation": effect.operation,
        "subject": effect.subject,
        "amount": None if effect.amount is None else str(effect.amount),
        "status": effect.status,
        "why": effect.why,
        "arguments": row_text(effect.arguments),
        "rows": rows_text(effect.rows),
        "begun_at": to_ms(effect.begun_at),
        "ended_at": None,
    }


def _to_effect(row: Any) -> Effect:
    return Effect(
        key=row.key,
        run_id=RunId(row.run_id),
        conversation_id=ConversationId(row.conversation_id),
        turn_id=TurnId(row.turn_id),
        step=row.step,
        operation=row.operation,
        subject=row.subject,
        arguments=read_row(row.arguments),
        amount=None if row.amount is None else Decimal(row.amount),
        status=row.status,
        rows=read_rows(row.rows),
        why=row.why,
        begun_at=from_ms(row.begun_at),
        ended_at=None if row.ended_at is None else from_ms(row.ended_at),
        is_taken_in=bool(row.is_taken_in),
    )


def _to_approval(row: Any) -> Approval:
    return Approval(
        approval_id=row.approval_id,
        run_id=RunId(row.run_id),
        conversation_id=ConversationId(row.conversation_id),
        step=row.step,
        operation=row.operation,
        arguments=read_row(row.arguments),
        created_at=from_ms(row.created_at),
    )
