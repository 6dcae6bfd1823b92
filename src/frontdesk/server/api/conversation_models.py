"""What the conversation API takes and gives; the reference is made from these."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from frontdesk.domain.attachments import MAX_PER_MESSAGE
from frontdesk.domain.localised import Channel
from frontdesk.server.bodies import Body

LOCALE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
"""A language tag after BCP 47, as far as interfaces send them."""
CHANNELS: tuple[Channel, ...] = get_args(Channel)


class NewConversation(Body):
    channel: Channel = Field("web_chat", description="Where the customer writes; a label in metrics and traces.")
    locale: Annotated[str, Field(pattern=LOCALE)] | None = Field(
        None, description="Language tag of the customer's interface (BCP 47); the assistant's own where it is missing."
    )
    identity_token: Annotated[str, Field(min_length=1, max_length=4096)] | None = Field(
        None, description="JSON Web Token, signed by the company's login, that proves who the customer is."
    )


class Assistant(BaseModel):
    name: str
    organisation: str


class ConversationOpened(BaseModel):
    conversation_id: str
    token: str = Field(description="The credential of this conversation. It is shown once and stored hashed.")
    notice: str = Field(description="To be shown before the first answer: this is a machine.")
    greeting: str
    assistant: Assistant
    locale: str
    is_verified: bool = Field(description="Whether an identity token proved who the customer is.")
    status: str


class NewMessage(Body):
    text: str = Field(
        description="What the customer wrote; at most 8,000 characters. Empty only where there are attachments."
    )
    attachments: Annotated[list[str], Field(max_length=MAX_PER_MESSAGE)] = Field(
        [], description="Ids of files that were uploaded to this conversation and not sent yet."
    )

    @field_validator("attachments")
    @classmethod
    def _check_attachments(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise PydanticCustomError("repeated", "An attachment is named twice")
        return value


class AttachmentOut(BaseModel):
    attachment_id: str
    name: str = Field(description="Without folders and control characters, with an ending that says what it is.")
    media_type: str
    bytes: int
    width: int | None = Field(description="In pixels; null where it is no image.")
    height: int | None


class CitationOut(BaseModel):
    marker: str = Field(description="As it stands in the text: `1` for `[1]`.")
    document_id: str
    chunk_id: str
    title: str
    url: str = Field(description="Where customers read the document; empty where nowhere.")
    quote: str = Field(description="The words of the document that carry the sentence.")
    snapshot_id: str


class Turn(BaseModel):
    turn_id: str
    conversation_id: str
    message_id: str
    outcome: Literal["answered", "clarified", "acted", "refused", "escalated", "failed"]
    text: str = Field(description="Empty when a person has the conversation: the assistant is silent then.")
    citations: list[CitationOut]
    confidence: Literal["high", "medium", "low"]
    degraded: list[str] = Field(description="What did not work as it should; empty when all did.")
    release_id: str
    timings_ms: dict[str, float]
    seq: int = Field(description="Sequence number of the event that ended the turn.")
    code: str | None = Field(None, description="Why it failed; only with the outcome `failed`.")


class TurnUnderWay(BaseModel):
    turn_id: str
    conversation_id: str
    message_id: str
    state: Literal["running", "waiting"] = Field(
        description="`waiting`: the message is kept until fewer people write; `running`: the answer takes long."
    )
    text: str = Field(description="What to tell the customer of a message that waits; else empty.")
    events: str = Field(description="Where the answer will appear.")


class MessageOut(BaseModel):
    message_id: str
    turn_id: str | None
    position: int
    role: Literal["customer", "assistant", "operator"]
    text: str
    language: str
    at: str
    attachments: list[AttachmentOut] = Field(description="Files sent with it that are not erased.")


class ConversationOut(BaseModel):
    conversation_id: str
    status: Literal["assistant", "waiting", "operator", "closed"]
    channel: str
    locale: str
    is_verified: bool
    last_seq: int
    created_at: str
    messages: list[MessageOut] = Field(description="The newest, oldest of them first.")
    has_more: bool = Field(description="Whether there are older ones; the log holds them.")


class EventOut(BaseModel):
    seq: int
    kind: str
    turn_id: str | None
    at: str
    data: dict[str, Any]


class EventPage(BaseModel):
    events: list[EventOut]
    last_seq: int = Field(description="To be sent as `after` for what comes next.")
    has_more: bool


class Nothing(Body):
    """No fields."""


class EscalationOut(BaseModel):
    escalation_id: str
    conversation_id: str
    status: str
    text: str = Field(description="What happens next, in the conversation's language.")
    opened_at: str
