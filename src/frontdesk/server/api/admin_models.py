"""What the admin API gives; the reference is made from these."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class Listing(BaseModel):
    items: list[dict[str, Any]]


class ConversationListed(BaseModel):
    conversation_id: str
    created_at: str
    updated_at: str = Field(description="When something last happened in it.")
    channel: str
    locale: str
    status: Literal["assistant", "waiting", "operator", "closed"]
    origin: Literal["customer", "simulated", "staff"]
    forked_from: str | None = Field(description="The conversation it goes on from.")
    subject: str | None = Field(description="The verified customer, as the company names them.")
    is_verified: bool
    last_seq: int
    turns: int
    is_running: bool = Field(description="Whether a turn is waiting or being worked on.")
    outcome: str | None = Field(description="Of the newest turn; null while it runs.")
    confidence: Literal["high", "medium", "low"] | None = Field(description="The lowest of any turn.")
    degraded: list[str] = Field(description="What did not work as it should, in any turn.")
    rating: Literal["up", "down", "none"] = Field(description="`down` when any answer was rated so.")
    preview: str = Field(description="How the customer's first words begin.")
    is_erased: bool
    escalation_id: str | None = Field(description="The open one.")
    waiting_since: str | None = Field(description="When it was opened.")


class ConversationListing(BaseModel):
    items: list[ConversationListed]
    next: str | None = Field(description="To be sent as `before` for what comes after; null at the end.")
    is_cut_short: bool = Field(
        description="The search has come as far as `next` and there may be more beyond it; a page may be empty then."
    )
