"""What people wrote, where it can be erased without a gap in anything else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, bindparam, delete, insert, select, update

from frontdesk.adapters.stores.schema import (
    approvals,
    attachments,
    citations,
    conversations,
    effects,
    escalations,
    payloads,
    search_texts,
    turns,
    workflow_runs,
    write_backs,
)
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import to_json, to_ms
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.domain.turn import SYSTEM_PREFIX

Noun = Literal["event", "message", "turn"]

_PUT = insert(payloads)
_OF_CUSTOMER = select(conversations.c.conversation_id).where(conversations.c.customer_id == bindparam("customer"))
_ERASE = (
    update(payloads)
    .where(payloads.c.conversation_id.in_(_OF_CUSTOMER), payloads.c.erased_at.is_(None))
    .values(body=None, erased_at=bindparam("at"))
)
_ERASE_SEARCHED = delete(search_texts).where(search_texts.c.conversation_id.in_(_OF_CUSTOMER))
_ERASE_ATTACHMENTS = (
    update(attachments)
    .where(attachments.c.conversation_id.in_(_OF_CUSTOMER), attachments.c.erased_at.is_(None))
    .values(name=None, body=None, erased_at=bindparam("at"))
)
_ERASE_SUMMARIES = update(conversations).where(conversations.c.customer_id == bindparam("customer")).values(summary="")
_ERASE_ACTING = (
    update(workflow_runs)
    .where(workflow_runs.c.conversation_id.in_(_OF_CUSTOMER), workflow_runs.c.status.in_(("active", "suspended")))
    .values(status="cancelled", revision=workflow_runs.c.revision + 1),
    update(workflow_runs).where(workflow_runs.c.conversation_id.in_(_OF_CUSTOMER)).values(body=None),
    update(effects).where(effects.c.conversation_id.in_(_OF_CUSTOMER)).values(arguments=None, rows=None, subject=""),
    update(approvals).where(approvals.c.conversation_id.in_(_OF_CUSTOMER)).values(arguments=None, is_void=1),
    update(escalations).where(escalations.c.conversation_id.in_(_OF_CUSTOMER)).values(collected=None),
    update(write_backs)
    .where(write_backs.c.conversation_id.in_(_OF_CUSTOMER))
    .values(outgoing=None, mended="{}", error="", errors="[]"),
    update(citations)
    .where(
        citations.c.turn_id.in_(select(turns.c.turn_id).where(turns.c.conversation_id.in_(_OF_CUSTOMER))),
        citations.c.document_id.like(f"{SYSTEM_PREFIX}%"),
    )
    .values(quote=""),
)
"""What other systems said of the customer, and what a workflow was to do for them. An effect that is under way can't be
repeated after this; that it took place stays known."""


def put_payloads(
    session: Session, conversation_id: ConversationId, noun: Noun, bodies: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    """Store bodies by the number of the thing each belongs to."""
    rows = [
        {"conversation_id": conversation_id, "noun": noun, "number": number, "body": to_json(body), "erased_at": None}
        for number, body in bodies
    ]
    if rows:
        session.run_many(_PUT, rows)


def payload_of(conversation_id: ColumnElement[str], noun: Noun, number: ColumnElement[int]) -> ColumnElement[bool]:
    """The join condition from a row to its payload."""
    return and_(payloads.c.conversation_id == conversation_id, payloads.c.noun == noun, payloads.c.number == number)


class Payloads:
    def __init__(self, session: Session) -> None:
        self._session = session

    def erase(self, customer_id: CustomerId, *, at: datetime) -> int:
        """Forget everything written and sent in this customer's conversations; how many bodies that were."""
        erased = self._session.run(_ERASE, {"customer": customer_id, "at": to_ms(at)})
        erased += self._session.run(_ERASE_ATTACHMENTS, {"customer": customer_id, "at": to_ms(at)})
        self._session.run(_ERASE_SEARCHED, {"customer": customer_id})
        self._session.run(_ERASE_SUMMARIES, {"customer": customer_id})
        for statement in _ERASE_ACTING:
            self._session.run(statement, {"customer": customer_id})
        return erased
