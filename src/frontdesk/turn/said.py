"""Turns as a conversation's readers know them: its own, and those it took over when it was forked."""

from collections.abc import Sequence

from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.events import AnswerSentence, StoredEvent, TurnReset
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


def standing_sentences(stores: Stores, conversation_id: ConversationId, turn_id: TurnId) -> Sequence[StoredEvent]:
    """The sentences of the turn that readers of the log have, and that no reset has voided. Part of a unit of work."""
    standing: list[StoredEvent] = []
    for event in stores.events.read(conversation_id, after=stores.events.seq_of_acceptance(turn_id)):
        if event.turn_id != turn_id:
            continue
        if event.kind == TurnReset.kind:
            standing.clear()
        elif event.kind == AnswerSentence.kind:
            standing.append(event)
    return standing
