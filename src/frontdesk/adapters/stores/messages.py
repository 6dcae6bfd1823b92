"""Messages: what was said, by position within a conversation."""

import json
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from frontdesk.adapters.stores.payloads import payload_of, put_payloads
from frontdesk.adapters.stores.schema import conversations, messages, payloads, search_texts
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_ms
from frontdesk.domain.conversation import Message
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import ConversationId, MessageId, TurnId
from frontdesk.text.folding import fold

_NEXT = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("wanted"))
    .values(last_position=conversations.c.last_position + 1)
    .returning(conversations.c.last_position)
)
_ADD = insert(messages)
_ADD_SEARCHED = insert(search_texts)
_ALL = select(*messages.c, payloads.c.body).select_from(
    messages.outerjoin(payloads, payload_of(messages.c.conversation_id, "message", messages.c.position))
)
_GET = _ALL.where(messages.c.message_id == bindparam("wanted"))
_HISTORY = _ALL.where(
    messages.c.conversation_id == bindparam("wanted"), messages.c.position > bindparam("after")
).order_by(messages.c.position)
_NEWEST = (
    _ALL.where(messages.c.conversation_id == bindparam("wanted"))
    .order_by(messages.c.position.desc())
    .limit(bindparam("most"))
)
_earlier = messages.alias("earlier")
_HISTORY_BEFORE = _HISTORY.where(
    messages.c.position
    < select(_earlier.c.position).where(_earlier.c.message_id == bindparam("before")).scalar_subquery()
)


class Messages:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, message: Message) -> int:
        """Store it at the conversation's next position, which is returned; `message.position` is ignored."""
        position: int | None = self._session.scalar(_NEXT, {"wanted": message.conversation_id})
        if position is None:
            raise NotFoundError("There is no such conversation.", field="conversation_id")
        row = {
            "message_id": message.message_id,
            "conversation_id": message.conversation_id,
            "position": position,
            "turn_id": message.turn_id,
            "role": message.role,
            "language": message.language,
            "at": to_ms(message.at),
        }
        self._session.run(_ADD, row)
        body: dict[str, Any] = {"text": message.text}
        if message.cleaning is not None:
            body["cleaning"] = message.cleaning
        put_payloads(self._session, message.conversation_id, "message", [(position, body)])
        place = {"conversation_id": message.conversation_id, "position": position}
        self._session.run(_ADD_SEARCHED, {**place, "body": fold(message.text)})
        return position

    def history(self, conversation_id: ConversationId, *, after: int, before: MessageId | None) -> tuple[Message, ...]:
        """Messages at positions above `after`, oldest first, up to but without `before`."""
        wanted = {"wanted": conversation_id, "after": after}
        if before is None:
            rows = self._session.rows(_HISTORY, wanted)
        else:
            rows = self._session.rows(_HISTORY_BEFORE, {**wanted, "before": before})
        return tuple(_to_message(row) for row in rows)

    def newest(self, conversation_id: ConversationId, *, limit: int) -> tuple[Message, ...]:
        """The last messages of the conversation, oldest first."""
        found = self._session.rows(_NEWEST, {"wanted": conversation_id, "most": limit})
        return tuple(_to_message(row) for row in reversed(found))

    def get(self, message_id: MessageId) -> Message | None:
        row = self._session.first(_GET, {"wanted": message_id})
        return None if row is None else _to_message(row)


def _to_message(row: Any) -> Message:
    """An erased message keeps its place; its text is empty."""
    body = {} if row.body is None else json.loads(row.body)
    return Message(
        message_id=MessageId(row.message_id),
        conversation_id=ConversationId(row.conversation_id),
        turn_id=None if row.turn_id is None else TurnId(row.turn_id),
        position=row.position,
        role=row.role,
        text=body.get("text", ""),
        language=row.language,
        at=from_ms(row.at),
        cleaning=body.get("cleaning"),
    )
