"""Files that customers send along with a message."""

from dataclasses import dataclass
from datetime import datetime

from frontdesk.domain.ids import AttachmentId, ConversationId, MessageId

MAX_ATTACHMENT_BYTES = 5_000_000
MAX_PER_MESSAGE = 4
MAX_PER_CONVERSATION = 40
MAX_BYTES_PER_CONVERSATION = 50_000_000
MAX_NAME_CHARS = 120
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
MEDIA_TYPES = (*IMAGE_TYPES, "application/pdf", "text/plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRef:
    """What a conversation's log says of an attachment."""

    attachment_id: AttachmentId
    name: str
    """As the customer's device named it, without folders and control characters."""
    media_type: str
    """One of `MEDIA_TYPES`, as its first bytes say and not as it was called."""
    bytes: int
    width: int | None = None
    """Pixels; None where it is no image."""
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A stored file, without its bytes."""

    conversation_id: ConversationId
    message_id: MessageId | None = None
    """The message it was sent with; None until there is one."""
    ref: AttachmentRef
    sha256: str
    created_at: datetime
