"""Intake: a message is cleaned once, accepted once, and kept before it is acknowledged."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from frontdesk.domain.attachments import MAX_PER_MESSAGE
from frontdesk.domain.conversation import Conversation, ConversationStatus, InboundMessage, Message
from frontdesk.domain.errors import ConflictError, MalformedError, NotFoundError, OverloadedError, TooLargeError
from frontdesk.domain.events import TurnAccepted
from frontdesk.domain.ids import MessageId, ReleaseId, TurnId
from frontdesk.domain.release import NewMessage
from frontdesk.domain.turn import Lease, OpenTurn, TurnState
from frontdesk.ports.stores import StoredTurn, Stores
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import describe_changes, normalise_message
from frontdesk.turn.attachments import bind_attachments

MAX_KEY_CHARS = 200
MAX_UNFINISHED = 10
"""Accepted turns of one conversation that have not ended; people stop far below it, loops do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanMessage:
    """An inbound message after intake's text rules; the only text any later stage sees."""

    inbound: InboundMessage
    text: str
    language: str
    """ISO 639-1; empty where the text is too short to tell."""
    request_hash: str
    """sha256 of the text as received and of what is sent with it, to tell a repeated request from a reused key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What a message is accepted under; the same values when the unit of work is repeated."""

    turn_id: TurnId
    message_id: MessageId
    release_id: ReleaseId
    default_language: str
    at: datetime
    deadline_s: float
    owner: str
    lease_s: float
    new_message: NewMessage = "enqueue"
    """What happens to earlier messages that have no answer yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    turn: OpenTurn
    state: TurnState
    after_seq: int
    """The turn's events come after this sequence number."""
    status: ConversationStatus
    superseded: tuple[TurnId, ...] = ()
    """Turns whose place it takes; none of them says anything more."""


def clean_message(inbound: InboundMessage) -> CleanMessage:
    """Apply the caps, then the text rules.

    Raises:
        TooLargeError, MalformedError: `field` names what is wrong.
    """
    key = inbound.idempotency_key
    if not key or len(key) > MAX_KEY_CHARS or not key.isprintable():
        raise MalformedError(
            f"Idempotency-Key must be 1 to {MAX_KEY_CHARS} printable characters.", field="Idempotency-Key"
        )
    if len(inbound.attachments) > MAX_PER_MESSAGE:
        raise TooLargeError(
            f"A message has at most {MAX_PER_MESSAGE} files.", field="attachments", limit=MAX_PER_MESSAGE
        )
    text = _clean_text(inbound)
    language = detect_language(text, default="")
    return CleanMessage(inbound=inbound, text=text, language=language, request_hash=_hash(inbound))


def _clean_text(inbound: InboundMessage) -> str:
    try:
        return normalise_message(inbound.text)
    except MalformedError:  # nothing visible is left of it
        if inbound.attachments:
            return ""
        raise


def _hash(inbound: InboundMessage) -> str:
    parts = [inbound.text, *inbound.attachments]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def accept_message(stores: Stores, message: CleanMessage, acceptance: Acceptance) -> Accepted:
    """Open a turn for the message, or find the one this idempotency key opened before. A unit of work.

    Raises:
        NotFoundError: no such conversation, or no such attachment waiting to be sent.
        ConflictError: it is closed, or the key was used for another message.
        OverloadedError: too many of its earlier messages have no answer yet.
    """
    inbound = message.inbound
    conversation = stores.conversations.get(inbound.conversation_id)
    if conversation is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    earlier = stores.turns.find_by_key(inbound.conversation_id, inbound.idempotency_key)
    if earlier is not None:
        return _repeated(stores, conversation, message, earlier)
    if conversation.status is ConversationStatus.CLOSED:
        raise ConflictError("This conversation has ended. Start a new one.", field="conversation_id")

    language = message.language or conversation.locale.partition("-")[0] or acceptance.default_language
    turn = _to_turn(message, acceptance, language)
    stores.messages.add(
        Message(
            message_id=turn.message_id,
            conversation_id=turn.conversation_id,
            turn_id=turn.turn_id,
            position=0,
            role="customer",
            text=message.text,
            language=language,
            at=acceptance.at,
            cleaning=describe_changes(inbound.text, message.text),
        )
    )
    # The message's position is given under a lock on the conversation, so that nobody adds a turn beside this count.
    if stores.turns.unfinished(turn.conversation_id) >= MAX_UNFINISHED:
        raise OverloadedError("Please wait for the answers that are under way.", limit=MAX_UNFINISHED)
    superseded: tuple[StoredTurn, ...] = ()
    if acceptance.new_message != "enqueue":
        superseded = stores.turns.supersede(turn.conversation_id, by=turn.turn_id)
    state = stores.turns.open(turn, owner=acceptance.owner, lease_s=acceptance.lease_s)
    files = bind_attachments(stores, turn.conversation_id, inbound.attachments, turn.message_id)
    accepted = TurnAccepted(turn_id=turn.turn_id, message_id=turn.message_id, text=message.text, attachments=files)
    (event,) = stores.events.append(turn.conversation_id, [accepted], at=acceptance.at)
    return Accepted(
        turn=to_open_turn(turn, message.text, owner=acceptance.owner, attachments=len(files)),
        state=state,
        after_seq=event.seq - 1,
        status=conversation.status,
        superseded=tuple(earlier.turn_id for earlier in superseded),
    )


def _to_turn(message: CleanMessage, acceptance: Acceptance, language: str) -> StoredTurn:
    inbound = message.inbound
    return StoredTurn(
        turn_id=acceptance.turn_id,
        conversation_id=inbound.conversation_id,
        message_id=acceptance.message_id,
        idempotency_key=inbound.idempotency_key,
        request_hash=message.request_hash,
        state=TurnState.RUNNING,
        outcome=None,
        release_id=acceptance.release_id,
        language=language,
        channel=inbound.channel,
        fence=1,
        accepted_at=acceptance.at,
        deadline_at=acceptance.at + timedelta(seconds=acceptance.deadline_s),
        ended_at=None,
        last_seq=0,
    )


def to_open_turn(
    turn: StoredTurn, text: str, *, owner: str, attachments: int = 0, is_duplicate: bool = False
) -> OpenTurn:
    """The turn's row as the value the pipeline is given."""
    return OpenTurn(
        turn_id=turn.turn_id,
        conversation_id=turn.conversation_id,
        message_id=turn.message_id,
        text=text,
        language=turn.language,
        channel=turn.channel,
        release_id=turn.release_id,
        accepted_at=turn.accepted_at,
        deadline_at=turn.deadline_at,
        lease=Lease(turn_id=turn.turn_id, owner=owner, fence=turn.fence),
        attachments=attachments,
        is_duplicate=is_duplicate,
        superseded_by=turn.superseded_by,
    )


def _repeated(stores: Stores, conversation: Conversation, message: CleanMessage, earlier: StoredTurn) -> Accepted:
    if earlier.request_hash != message.request_hash:
        raise ConflictError("This Idempotency-Key was used for another message.", field="Idempotency-Key")
    accepted_seq = stores.events.seq_of_acceptance(earlier.turn_id)
    return Accepted(
        turn=to_open_turn(earlier, message.text, owner="", is_duplicate=True),
        state=earlier.state,
        after_seq=accepted_seq - 1,
        status=conversation.status,
    )
