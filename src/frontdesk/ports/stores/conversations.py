"""Who talks, and what was said."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from frontdesk.domain.attachments import Attachment
from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.escalation import Escalation
from frontdesk.domain.events import Event, StoredEvent
from frontdesk.domain.feedback import Feedback
from frontdesk.domain.ids import AttachmentId, ConversationId, CustomerId, EscalationId, MessageId, TurnId
from frontdesk.domain.listing import ConversationFilter, ConversationPage, ListPlace


class CustomerStore(Protocol):
    def get_or_create(self, subject: str, *, fresh: CustomerId, at: datetime) -> CustomerId:
        """The customer with this signed subject; created under `fresh` when new."""
        ...


class ConversationStore(Protocol):
    def create(self, conversation: Conversation, *, token_hash: str) -> None: ...

    def get(self, conversation_id: ConversationId) -> Conversation | None: ...

    def token_hash(self, conversation_id: ConversationId) -> str | None: ...

    def set_principal(self, conversation_id: ConversationId, principal: Principal) -> None: ...

    def set_status(self, conversation_id: ConversationId, status: ConversationStatus) -> None: ...

    def set_locale(self, conversation_id: ConversationId, locale: str) -> None: ...

    def set_summary(self, conversation_id: ConversationId, summary: str, *, until: int) -> None: ...

    def unanswered_in_a_row(self, conversation_id: ConversationId) -> int:
        """How many of its latest ended turns were refused or clarified, counted back to the first that was not."""
        ...

    def list_recent(self, *, limit: int) -> Sequence[Conversation]: ...


class PayloadStore(Protocol):
    """What people wrote, apart from the log that refers to it."""

    def erase(self, customer_id: CustomerId, *, at: datetime) -> int:
        """Forget everything written in this customer's conversations; how many bodies that were."""
        ...


class MessageStore(Protocol):
    def add(self, message: Message) -> int:
        """Store it at the conversation's next position, which is returned; `message.position` is ignored."""
        ...

    def history(self, conversation_id: ConversationId, *, after: int, before: MessageId | None) -> tuple[Message, ...]:
        """Messages at positions above `after`, oldest first, up to but without `before`."""
        ...

    def newest(self, conversation_id: ConversationId, *, limit: int) -> tuple[Message, ...]:
        """The last messages of the conversation, oldest first."""
        ...

    def get(self, message_id: MessageId) -> Message | None: ...


class AttachmentStore(Protocol):
    def add(self, attachment: Attachment, body: bytes) -> None: ...

    def get(self, attachment_id: AttachmentId) -> Attachment | None:
        """What is known of it; None when it is not there, or erased."""
        ...

    def body(self, attachment_id: AttachmentId) -> bytes | None:
        """Its bytes; None when it is not there, or erased."""
        ...

    def sent_in(self, conversation_id: ConversationId) -> tuple[Attachment, ...]:
        """All that were sent with a message of the conversation and are not erased, oldest first."""
        ...

    def sent_with(self, conversation_id: ConversationId, message_id: MessageId) -> int:
        """How many were sent with this message, erased ones too."""
        ...

    def usage(self, conversation_id: ConversationId) -> tuple[int, int]:
        """How many a conversation has, and their bytes together."""
        ...

    def bind(self, attachment_id: AttachmentId, conversation_id: ConversationId, message_id: MessageId) -> bool:
        """Tie it to the message; False where it is not this conversation's, or was sent before."""
        ...

    def forget_unsent(self, *, before: datetime) -> int:
        """Delete those that were uploaded before a time and never sent; how many that were."""
        ...


class ForkStore(Protocol):
    def copy(self, source: ConversationId, fork: Conversation, *, until: int, mint: Callable[[], str]) -> int:
        """Copy the ended turns up to the event `until` into the stored conversation `fork`; how many events that were.

        Messages and files get new names from `mint`; what was erased stays erased.
        """
        ...


class EventLog(Protocol):
    def append(
        self, conversation_id: ConversationId, events: Sequence[Event], *, at: datetime
    ) -> tuple[StoredEvent, ...]:
        """Give the events the conversation's next sequence numbers, without gaps; readers are woken on commit."""
        ...

    def read(self, conversation_id: ConversationId, *, after: int, limit: int = 500) -> tuple[StoredEvent, ...]: ...

    def seq_of_acceptance(self, turn_id: TurnId) -> int:
        """Sequence number of the turn's `turn.accepted`; 0 when there is none."""
        ...

    def tells_of(self, conversation_id: ConversationId, turn_id: TurnId) -> bool:
        """Whether any event of the conversation names this turn."""
        ...


class FeedbackStore(Protocol):
    def put(self, given: Feedback, *, seq: int) -> None:
        """Keep it in place of the turn's earlier rating; its comment lies in the event at `seq`."""
        ...

    def get(self, turn_id: TurnId) -> Feedback | None:
        """The newest rating of the turn; its comment is empty once it is erased."""
        ...

    def times_given(self, turn_id: TurnId) -> int:
        """How often this turn was rated, every change counted."""
        ...


class EscalationStore(Protocol):
    def open(self, escalation: Escalation) -> Escalation:
        """Open it, or return the one already open on its conversation."""
        ...

    def get(self, escalation_id: EscalationId) -> Escalation | None: ...

    def open_on(self, conversation_id: ConversationId) -> Escalation | None: ...

    def list_open(self, *, limit: int) -> Sequence[Escalation]: ...


class ConversationFinder(Protocol):
    """Reads across conversations, for lists."""

    def find(self, wanted: ConversationFilter, *, before: ListPlace | None = None, limit: int) -> ConversationPage:
        """Conversations in which something happened, newest activity first, beyond `before`.

        One page looks at a bounded number of conversations; see `ConversationPage.is_cut_short`.
        """
        ...

    def activity(self, *, limit: int) -> Mapping[ConversationId, int]:
        """Sequence number of the newest event of the conversations that were active last."""
        ...

    def forks_of(self, conversation_id: ConversationId) -> Sequence[ConversationId]:
        """Conversations that go on from this one, newest first."""
        ...
