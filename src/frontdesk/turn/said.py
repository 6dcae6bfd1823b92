"""Turns as a conversation's readers know them: its own, and those it took over when it was forked."""

from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.stores import StoredTurn, Stores


def find_turn(stores: Stores, conversation_id: ConversationId, turn_id: TurnId) -> StoredTurn:
    """The turn, where this conversation's log tells of it. Part of a unit of work.

    A turn that was copied along with an earlier conversation still belongs to that one.

    Raises:
        NotFoundError: no such turn, or one of another conversation.
    """
    turn = stores.turns.get(turn_id)
    if turn is not None and (
        turn.conversation_id == conversation_id or stores.events.tells_of(conversation_id, turn_id)
    ):
        return turn
    raise NotFoundError("There is no such turn.", field="turn_id")
