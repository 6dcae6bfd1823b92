"""Ids that requests name; what cannot be an id is a thing that does not exist."""

from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import AttachmentId, TurnId


def to_turn_id(text: str) -> TurnId:
    """Raises: NotFoundError."""
    try:
        return TurnId.parse(text, field="turn_id")
    except MalformedError:
        raise NotFoundError("There is no such turn.", field="turn_id") from None


def to_attachment_id(text: str) -> AttachmentId:
    """Raises: NotFoundError."""
    try:
        return AttachmentId.parse(text, field="attachments")
    except MalformedError:
        raise no_attachment() from None


def no_attachment() -> NotFoundError:
    """The one answer for a file that is not there, is not yours, was erased, or was sent before."""
    return NotFoundError("There is no such attachment.", field="attachments")
