"""Conversations: who owns the next word, who is asking, and the counters of everything said."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from frontdesk.adapters.stores.schema import conversations, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, Principal
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.domain.turn import Outcome

_WANTED = conversations.c.conversation_id == bindparam("wanted")
_ALL = select(
    *(
        column
        for column in conversations.c
        if column.name not in {"token_hash", "last_position", "last_turn", "updated_at"}
    )
)
_GET = _ALL.where(_WANTED)
_RECENT = _ALL.order_by(conversations.c.created_at.desc(), conversations.c.conversation_id).limit(bindparam("most"))
_TOKEN_HASH = select(conversations.c.token_hash).where(_WANTED)
_CREATE = insert(conversations)
_CHANGE = update(conversations).where(_WANTED)

_LOOK_BACK = 50
"""Ended turns looked at for `unanswered_in_a_row`; far above any policy's limit."""
_LATEST_OUTCOMES = (
    select(turns.c.outcome)
    .where(turns.c.conversation_id == bindparam("wanted"), turns.c.state == "ended", turns.c.superseded_by.is_(None))
    .order_by(turns.c.number.desc())
    .limit(_LOOK_BACK)
)
_UNANSWERED = frozenset({Outcome.REFUSED, Outcome.CLARIFIED})


class Conversations:
    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, conversation: Conversation, *, token_hash: str) -> None:
        row = {
            "conversation_id": conversation.conversation_id,
            "channel": conversation.channel,
            "locale": conversation.locale,
            "status": conversation.status.value,
            "token_hash": token_hash,
            **_principal_columns(conversation.principal),
            "last_seq": 0,
            "last_position": 0,
            "last_turn": 0,
            "created_at": to_ms(conversation.created_at),
            "summary": conversation.summary,
            "summarised_until": conversation.summarised_until,
            "updated_at": to_ms(conversation.created_at),
            "origin": conversation.origin,
            "forked_from": conversation.forked_from,
        }
        self._session.run(_CREATE, row)

    def get(self, conversation_id: ConversationId) -> Conversation | None:
        row = self._session.first(_GET, {"wanted": conversation_id})
        return None if row is None else _to_conversation(row)

    def token_hash(self, conversation_id: ConversationId) -> str | None:
        found: str | None = self._session.scalar(_TOKEN_HASH, {"wanted": conversation_id})
        return found

    def set_principal(self, conversation_id: ConversationId, principal: Principal) -> None:
        self._change(conversation_id, **_principal_columns(principal))

    def set_status(self, conversation_id: ConversationId, status: ConversationStatus) -> None:
        self._change(conversation_id, status=status.value)

    def set_locale(self, conversation_id: ConversationId, locale: str) -> None:
        self._change(conversation_id, locale=locale)

    def set_summary(self, conversation_id: ConversationId, summary: str, *, until: int) -> None:
        self._change(conversation_id, summary=summary, summarised_until=until)

    def unanswered_in_a_row(self, conversation_id: ConversationId) -> int:
        """How many of its latest ended turns were refused or clarified, counted back to the first that was not."""
        count = 0
        for row in self._session.rows(_LATEST_OUTCOMES, {"wanted": conversation_id}):
            if row.outcome not in _UNANSWERED:
                break
            count += 1
        return count

    def list_recent(self, *, limit: int) -> Sequence[Conversation]:
        """Newest first."""
        return tuple(_to_conversation(row) for row in self._session.rows(_RECENT, {"most": limit}))

    def _change(self, conversation_id: ConversationId, **values: str | int | None) -> None:
        if self._session.run(_CHANGE, {"wanted": conversation_id, **values}) == 0:
            raise NotFoundError("There is no such conversation.", field="conversation_id")


def _principal_columns(principal: Principal) -> dict[str, str | None]:
    return {
        "customer_id": principal.customer_id,
        "subject": principal.subject,
        "audiences": to_json(sorted(principal.audiences.labels)),
        "proof": principal.proof,
    }


def _to_conversation(row: Any) -> Conversation:
    principal = Principal(
        audiences=Audiences(labels=frozenset(json.loads(row.audiences))),
        subject=row.subject,
        customer_id=None if row.customer_id is None else CustomerId(row.customer_id),
        proof=row.proof,
    )
    return Conversation(
        conversation_id=ConversationId(row.conversation_id),
        channel=row.channel,
        locale=row.locale,
        status=ConversationStatus(row.status),
        principal=principal,
        last_seq=row.last_seq,
        created_at=from_ms(row.created_at),
        summary=row.summary,
        summarised_until=row.summarised_until,
        origin=row.origin,
        forked_from=None if row.forked_from is None else ConversationId(row.forked_from),
    )
