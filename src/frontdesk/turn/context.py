"""What a turn is told of its conversation: read once, before its first stage."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.errors import StoredDataError
from frontdesk.domain.ids import MessageId
from frontdesk.domain.turn import OpenTurn, TurnContext
from frontdesk.ports.stores import StoredTurn, Stores
from frontdesk.text.normalise import MAX_CHARS
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A turn that also answers messages whose place it took."""

    turn: OpenTurn
    message_ids: frozenset[MessageId]
    """Of the messages that are part of its text now."""


def merge_words(stores: Stores, turn: OpenTurn, replaced: Sequence[StoredTurn]) -> Merged:
    """Put what was written before it in front of its text, as far back as a message may be long. A unit of work."""
    text, files, known = turn.text, turn.attachments, set()
    for earlier in reversed(replaced):
        message = stores.messages.get(earlier.message_id)
        before = message.text if message is not None else ""
        if len(before) + 1 + len(text) > MAX_CHARS:
            break
        text = "\n".join(filter(None, (before, text)))
        files += stores.attachments.sent_with(turn.conversation_id, earlier.message_id)
        known.add(earlier.message_id)
    return Merged(turn=replace(turn, text=text, attachments=files), message_ids=frozenset(known))


def load_context(stores: Stores, turn: OpenTurn, *, without: Collection[MessageId] = ()) -> tuple[TurnContext, int]:
    """The conversation before this turn, and how many of its latest turns got no answer. A unit of work.

    Args:
        without: messages that are part of the turn itself.
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
        and message.message_id not in without
        and (message.role != "customer" or message.position < mine)
    )
    unanswered = stores.conversations.unanswered_in_a_row(turn.conversation_id)
    return TurnContext(conversation=conversation, principal=conversation.principal, history=earlier), unanswered
