"""Conversations with the assistant as a server would hold them: in one process, over a database of their own."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.retail.records import Customer
from frontdesk.bootstrap import App, open_app
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, InboundMessage, Principal
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.ports.stores import Stores
from frontdesk.settings import load_settings
from frontdesk.turn.delivery import final_event

ASSISTANT = Path(__file__).parent / "assistant"
TURN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One message, and what came of it."""

    said: str
    outcome: str
    answer: str
    workflow: str
    """The one that the message moved; empty where it moved none."""


@dataclass(slots=True)
class Talk:
    """One customer's conversation."""

    app: App
    conversation_id: ConversationId
    exchanges: list[Exchange] = field(default_factory=list)

    async def say(self, text: str) -> Exchange:
        message = InboundMessage(conversation_id=self.conversation_id, text=text, idempotency_key=uuid.uuid4().hex)
        accepted = await self.app.runner.accept(message)
        final = await final_event(
            self.app.database,
            self.conversation_id,
            accepted.turn.turn_id,
            after=accepted.after_seq,
            timeout_s=TURN_S,
        )
        body: dict[str, Any] = json.loads(final.body)
        record = await self.app.database.read(lambda stores: stores.turns.record(accepted.turn.turn_id)) or {}
        exchange = Exchange(
            said=text,
            outcome=body.get("outcome", final.kind),
            answer=body.get("text", ""),
            workflow=(record.get("acting") or {}).get("workflow", ""),
        )
        self.exchanges.append(exchange)
        return exchange

    @property
    def is_with_a_person(self) -> bool:
        return any(exchange.outcome == "escalated" for exchange in self.exchanges)

    @property
    def answers(self) -> str:
        return "\n".join(exchange.answer for exchange in self.exchanges)


@asynccontextmanager
async def opened(folder: Path, *, assistant: Path = ASSISTANT, embedder: str = "none") -> AsyncIterator[App]:
    settings = load_settings({}, data_dir=folder, assistant_dir=assistant, embedder=embedder)
    async with await open_app(settings) as app:
        yield app


async def begin(app: App, customer: Customer) -> Talk:
    """A conversation of somebody whose identity was proved, as a signed token would have it."""
    conversation_id, fresh = ConversationId.mint(app.tokens.token()), CustomerId.mint(app.tokens.token())
    at, token_hash = app.clock.now(), uuid.uuid4().hex

    def create(stores: Stores) -> None:
        principal = Principal(
            audiences=Audiences(labels=frozenset({"public", f"customer:{customer.user_id}"})),
            subject=customer.user_id,
            customer_id=stores.customers.get_or_create(customer.user_id, fresh=fresh, at=at),
            proof="signed_token",
        )
        conversation = Conversation(
            conversation_id=conversation_id,
            channel="web_chat",
            locale="en",
            status=ConversationStatus.ASSISTANT,
            principal=principal,
            last_seq=0,
            created_at=at,
        )
        stores.conversations.create(conversation, token_hash=token_hash)

    await app.database.write(create)
    return Talk(app, conversation_id)
