"""Ids that requests name; what cannot be an id is a thing that does not exist."""

from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import TurnId


def to_turn_id(text: str) -> TurnId:
    """Raises: NotFoundError."""
    try:
        return TurnId.parse(text, field="turn_id")
    except MalformedError:
        raise NotFoundError("There is no such turn.", field="turn_id") from None
