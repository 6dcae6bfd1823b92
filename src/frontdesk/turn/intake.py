"""Intake: a message is cleaned once, accepted once, and kept before it is acknowledged."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from frontdesk.domain.attachments import MAX_PER_MESSAGE
from frontdesk.domain.conversation import Conversation, ConversationStatus, InboundMessage, Message
from frontdesk.domain.errors import ConflictError, MalformedError, NotFoundError, OverloadedError, TooLargeError
from frontdesk.domain.events import TurnAccepted, TurnDelayed
from frontdesk.domain.ids import MessageId, ReleaseId, TurnId
from frontdesk.domain.release import NewMessage
from frontdesk.domain.turn import Lane, Lease, OpenTurn, TurnState
from frontdesk.ports.stores import StoredTurn, Stores
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import describe_changes, normalise_message
from frontdesk.turn.attachments import bind_attachments
from frontdesk.turn.running.admission import OPEN, Admission, Place

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
    kept_deadline_s: float = 60.0
    """The time of a turn that is kept for a quieter moment."""
    admission: Admission = OPEN
    new_message: NewMessage = "enqueue"
    """What happens to earlier messages that have no answer yet."""
    say_busy: Callable[[str], str] = lambda _: ""
    """What the customer of a kept turn is told, in a language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing was kept: there is no room."""

    retry_after_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    turn: OpenTurn
    state: TurnState
    after_seq: int
    """The turn's events come after this sequence number."""
    status: ConversationStatus
    superseded: tuple[TurnId, ...] = ()
    """Turns whose place it takes; none of them says anything more."""
    waits: bool = False
    """For free hands, and not only for an earlier turn of its conversation."""
    delayed: str = ""
    """What its customer was told of a kept turn that waits; empty where it does not."""


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


def find_accepted(stores: Stores, message: CleanMessage, say_busy: Callable[[str], str]) -> Accepted | Conversation:
    """The turn that this idempotency key opened before, else the conversation that it may open one on.

    Raises:
        NotFoundError: no such conversation.
        ConflictError: it is closed, or the key was used for another message.
    """
    inbound = message.inbound
    conversation = stores.conversations.get(inbound.conversation_id)
    if conversation is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    earlier = stores.turns.find_by_key(inbound.conversation_id, inbound.idempotency_key)
    if earlier is not None:
        return _repeated(stores, conversation, message, earlier, say_busy)
    if conversation.status is ConversationStatus.CLOSED:
        raise ConflictError("This conversation has ended. Start a new one.", field="conversation_id")
    return conversation


def accept_message(stores: Stores, message: CleanMessage, acceptance: Acceptance) -> Accepted | Refused:
    """Open a turn for the message, or find the one this idempotency key opened before. A unit of work.

    Raises:
        NotFoundError: no such conversation, or no such attachment waiting to be sent.
        ConflictError: it is closed, or the key was used for another message.
        OverloadedError: too many of its earlier messages have no answer yet.
    """
    inbound = message.inbound
    found = find_accepted(stores, message, acceptance.say_busy)
    if isinstance(found, Accepted):
        return found
    conversation, party = found, _party_of(found, inbound)
    place = _place_of(acceptance.admission, conversation, party, inbound)
    if place == "refuse":
        return Refused(retry_after_s=acceptance.admission.retry_after_s)

    language = message.language or conversation.locale.partition("-")[0] or acceptance.default_language
    turn = _to_turn(message, acceptance, language, lane="kept" if place == "keep" else "normal", party=party)
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
    state = stores.turns.open(turn, owner=acceptance.owner, lease_s=acceptance.lease_s, must_wait=place != "run")
    files = bind_attachments(stores, turn.conversation_id, inbound.attachments, turn.message_id)
    accepted = TurnAccepted(turn_id=turn.turn_id, message_id=turn.message_id, text=message.text, attachments=files)
    delayed = acceptance.say_busy(language) if turn.lane == "kept" else ""
    notices = [TurnDelayed(turn_id=turn.turn_id, text=delayed)] if turn.lane == "kept" else []
    event, *_ = stores.events.append(turn.conversation_id, [accepted, *notices], at=acceptance.at)
    return Accepted(
        turn=to_open_turn(turn, message.text, owner=acceptance.owner, attachments=len(files)),
        state=state,
        after_seq=event.seq - 1,
        status=conversation.status,
        superseded=tuple(earlier.turn_id for earlier in superseded),
        waits=place != "run",
        delayed=delayed,
    )


def _party_of(conversation: Conversation, inbound: InboundMessage) -> str:
    """Whom the turn is counted for: a proved customer, else an address, else the conversation alone."""
    if conversation.principal.customer_id is not None:
        return conversation.principal.customer_id
    if inbound.address:
        return f"at_{hashlib.sha256(inbound.address.encode()).hexdigest()[:24]}"
    return inbound.conversation_id


def _place_of(admission: Admission, conversation: Conversation, party: str, inbound: InboundMessage) -> Place:
    """As the crowd allows. What is written to a person costs no answer, and is neither kept nor refused."""
    place = admission.place_of(party)
    if place in ("run", "wait"):
        return place
    if conversation.status is not ConversationStatus.ASSISTANT:
        return "wait"
    return place if inbound.may_be_kept else "refuse"


def _to_turn(message: CleanMessage, acceptance: Acceptance, language: str, *, lane: Lane, party: str) -> StoredTurn:
    inbound = message.inbound
    time_s = acceptance.kept_deadline_s if lane == "kept" else acceptance.deadline_s
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
        deadline_at=acceptance.at + timedelta(seconds=time_s),
        ended_at=None,
        last_seq=0,
        lane=lane,
        party=party,
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
        lane=turn.lane,
        party=turn.party,
        passed_on=turn.passed_on,
    )


def _repeated(
    stores: Stores,
    conversation: Conversation,
    message: CleanMessage,
    earlier: StoredTurn,
    say_busy: Callable[[str], str],
) -> Accepted:
    if earlier.request_hash != message.request_hash:
        raise ConflictError("This Idempotency-Key was used for another message.", field="Idempotency-Key")
    accepted_seq = stores.events.seq_of_acceptance(earlier.turn_id)
    return Accepted(
        turn=to_open_turn(earlier, message.text, owner="", is_duplicate=True),
        state=earlier.state,
        after_seq=accepted_seq - 1,
        status=conversation.status,
        delayed=say_busy(earlier.language) if earlier.lane == "kept" and earlier.state is TurnState.QUEUED else "",
    )
