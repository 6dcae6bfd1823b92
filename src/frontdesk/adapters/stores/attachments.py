"""Files that customers sent: what is known of each, and apart from it the bytes."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from frontdesk.adapters.stores.schema import attachments
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_ms
from frontdesk.domain.attachments import Attachment, AttachmentRef
from frontdesk.domain.ids import AttachmentId, ConversationId, MessageId

_IS_KEPT = attachments.c.erased_at.is_(None)
_OF_CONVERSATION = attachments.c.conversation_id == bindparam("wanted")
_WANTED = attachments.c.attachment_id == bindparam("wanted")
_ALL = select(*(column for column in attachments.c if column.name not in {"body", "erased_at"})).where(_IS_KEPT)
_GET = _ALL.where(_WANTED)
_SENT_IN = _ALL.where(_OF_CONVERSATION, attachments.c.message_id.is_not(None)).order_by(
    attachments.c.created_at, attachments.c.attachment_id
)
_SENT_WITH = (
    select(func.count())
    .select_from(attachments)
    .where(attachments.c.message_id == bindparam("message"), _OF_CONVERSATION)
)
_BODY = select(attachments.c.body).where(_WANTED)
_USAGE = select(func.count().label("number"), func.coalesce(func.sum(attachments.c.bytes), 0).label("total")).where(
    _OF_CONVERSATION
)
_ADD = insert(attachments)
_BIND = (
    update(attachments)
    .where(
        _WANTED,
        attachments.c.conversation_id == bindparam("conversation"),
        attachments.c.message_id.is_(None),
        _IS_KEPT,
    )
    .values(message_id=bindparam("message"))
)
_FORGET_UNSENT = delete(attachments).where(
    attachments.c.message_id.is_(None), attachments.c.created_at < bindparam("before")
)


class Attachments:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, attachment: Attachment, body: bytes) -> None:
        ref = attachment.ref
        row = {
            "attachment_id": ref.attachment_id,
            "conversation_id": attachment.conversation_id,
            "message_id": attachment.message_id,
            "name": ref.name,
            "media_type": ref.media_type,
            "bytes": ref.bytes,
            "sha256": attachment.sha256,
            "width": ref.width,
            "height": ref.height,
            "created_at": to_ms(attachment.created_at),
            "erased_at": None,
            "body": body,
        }
        self._session.run(_ADD, row)

    def get(self, attachment_id: AttachmentId) -> Attachment | None:
        """What is known of it; None when it is not there, or erased."""
        row = self._session.first(_GET, {"wanted": attachment_id})
        return None if row is None else _to_attachment(row)

    def body(self, attachment_id: AttachmentId) -> bytes | None:
        """Its bytes; None when it is not there, or erased."""
        body: bytes | None = self._session.scalar(_BODY, {"wanted": attachment_id})
        return body

    def sent_in(self, conversation_id: ConversationId) -> tuple[Attachment, ...]:
        """All that were sent with a message of the conversation and are not erased, oldest first."""
        return tuple(_to_attachment(row) for row in self._session.rows(_SENT_IN, {"wanted": conversation_id}))

    def sent_with(self, conversation_id: ConversationId, message_id: MessageId) -> int:
        """How many were sent with this message, erased ones too."""
        count: int = self._session.scalar(_SENT_WITH, {"wanted": conversation_id, "message": message_id})
        return count

    def usage(self, conversation_id: ConversationId) -> tuple[int, int]:
        """How many a conversation has, and their bytes together."""
        row = self._session.first(_USAGE, {"wanted": conversation_id})
        return row.number, int(row.total)

    def bind(self, attachment_id: AttachmentId, conversation_id: ConversationId, message_id: MessageId) -> bool:
        """Tie it to the message; False where it is not this conversation's, or was sent before."""
        wanted = {"wanted": attachment_id, "conversation": conversation_id, "message": message_id}
        return self._session.run(_BIND, wanted) == 1

    def forget_unsent(self, *, before: datetime) -> int:
        """Delete those that were uploaded before a time and never sent; how many that were."""
        return self._session.run(_FORGET_UNSENT, {"before": to_ms(before)})


def _to_attachment(row: Any) -> Attachment:
    ref = AttachmentRef(
        attachment_id=AttachmentId(row.attachment_id),
        name=row.name,
        media_type=row.media_type,
        bytes=row.bytes,
        width=row.width,
        height=row.height,
    )
    return Attachment(
        conversation_id=ConversationId(row.conversation_id),
        message_id=None if row.message_id is None else MessageId(row.message_id),
        ref=ref,
        sha256=row.sha256,
        created_at=from_ms(row.created_at),
    )
