"""Attachments are kept before their message is sent, and sent with one message only."""

from collections.abc import Sequence
from datetime import timedelta

from frontdesk.domain.attachments import MAX_BYTES_PER_CONVERSATION, MAX_PER_CONVERSATION, Attachment, AttachmentRef
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.errors import ConflictError, NotFoundError
from frontdesk.domain.ids import AttachmentId, ConversationId, MessageId
from frontdesk.ports.stores import Stores

UNSENT_KEPT = timedelta(days=1)
"""An attachment that no message was sent with is forgotten after so long."""


def keep_attachment(stores: Stores, attachment: Attachment, body: bytes) -> None:
    """Store it, to be sent with a message. A unit of work.

    What was never sent, in any conversation, makes room first.

    Raises:
        NotFoundError: no such conversation.
        ConflictError: it has ended, or holds too many files.
    """
    conversation = stores.conversations.get(attachment.conversation_id)
    if conversation is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    if conversation.status is ConversationStatus.CLOSED:
        raise ConflictError("This conversation has ended. Start a new one.", field="conversation_id")
    stores.attachments.forget_unsent(before=attachment.created_at - UNSENT_KEPT)
    count, total = stores.attachments.usage(attachment.conversation_id)
    if count >= MAX_PER_CONVERSATION:
        raise ConflictError(f"This conversation has {MAX_PER_CONVERSATION} files already.", limit=MAX_PER_CONVERSATION)
    if total + attachment.ref.bytes > MAX_BYTES_PER_CONVERSATION:
        raise ConflictError(
            f"The files of this conversation would be over {MAX_BYTES_PER_CONVERSATION} bytes together.",
            limit=MAX_BYTES_PER_CONVERSATION,
        )
    stores.attachments.add(attachment, body)


def bind_attachments(
    stores: Stores, conversation_id: ConversationId, attachment_ids: Sequence[AttachmentId], message_id: MessageId
) -> tuple[AttachmentRef, ...]:
    """Send the attachments with this message; what the log says of them. Part of the message's unit of work.

    Raises:
        NotFoundError: one is unknown, of another conversation, or was sent before.
    """
    sent = []
    for attachment_id in attachment_ids:
        if not stores.attachments.bind(attachment_id, conversation_id, message_id):
            raise NotFoundError("There is no such attachment, or it was sent before.", field="attachments")
        attachment = stores.attachments.get(attachment_id)
        if attachment is not None:
            sent.append(attachment.ref)
    return tuple(sent)
