"""What a turn is told of its conversation: read once, before its first stage."""

from dataclasses import replace

from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.errors import StoredDataError
from frontdesk.domain.turn import OpenTurn, TurnContext
from frontdesk.ports.stores import Stores
from frontdesk.turn.serving import ServedRelease


def as_let_in(release: ServedRelease, message: Message) -> Message:
    """An earlier message as the guard let it in then: what it masked stays masked for models and searches."""
    return replace(message, text=release.guard.let_in(message.text)) if message.role == "customer" else message


def unread_context(turn: OpenTurn) -> TurnContext:
    """What the turn itself says of its conversation; who owns that is asked again by the commit."""
    conversation = Conversation(
        conversation_id=turn.conversation_id,
        channel=turn.channel,
        locale=turn.language,
        status=ConversationStatus.ASSISTANT,
        principal=Principal(),
        last_seq=0,
        created_at=turn.accepted_at,
    )
    return TurnContext(conversation=conversation, principal=conversation.principal, history=())


def load_context(stores: Stores, turn: OpenTurn) -> tuple[TurnContext, int]:
    """The conversation before this turn, and how many of its latest turns got no answer. A unit of work.

    Raises:
        StoredDataError: there is no such conversation.
    """
    conversation = stores.conversations.get(turn.conversation_id)
    if conversation is None:
        raise StoredDataError("The conversation of this turn is not stored.")
    if conversation.status is not ConversationStatus.ASSISTANT:  # the turn ends silently, and asks for nothing
        return TurnContext(conversation=conversation, principal=conversation.principal, history=()), 0
    messages = stores.messages.history(turn.conversation_id, after=conversation.summarised_until, before=None)
    mine = next((message.position for message in messages if message.message_id == turn.message_id), 0)
    earlier = tuple(
        message
        for message in messages
        if message.text  # nothing is told of one that was erased, or was files alone
        and message.message_id != turn.message_id
        and (message.role != "customer" or message.position < mine)
    )
    unanswered = stores.conversations.unanswered_in_a_row(turn.conversation_id)
    return TurnContext(conversation=conversation, principal=conversation.principal, history=earlier), unanswered
