"""One builder per noun, so that a test says only what it is about."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.adapters.models.extractive import ExtractiveChatModel
from frontdesk.adapters.sources import FolderSource
from frontdesk.adapters.stores import open_database
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.domain.attachments import Attachment, AttachmentRef
from frontdesk.domain.conversation import (
    Audiences,
    Conversation,
    ConversationStatus,
    InboundMessage,
    Principal,
)
from frontdesk.domain.events import FINAL_KINDS, StoredEvent
from frontdesk.domain.ids import AttachmentId, ConversationId
from frontdesk.domain.release import AssistantContent, KnowledgeSettings, KnowledgeSource, ModelRoute
from frontdesk.ingest import build_snapshot
from frontdesk.ports.clock import Clock
from frontdesk.ports.models import ChatModel, Embedder
from frontdesk.ports.stores import Database
from frontdesk.releases import compose_manifest, read_assistant
from frontdesk.turn.attachments import keep_attachment
from frontdesk.turn.delivery import final_event
from frontdesk.turn.generation import Generator, Rung, SideJobs, Vendors
from frontdesk.turn.grounding import Grounder
from frontdesk.turn.guards import Guard
from frontdesk.turn.intake import Accepted
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.routing import Router
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner
from frontdesk.turn.serving import ServedRelease

DEMO = Path(__file__).parents[1] / "examples" / "harbor-and-pine"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

ARTICLES: Mapping[str, str] = {
    "returns.md": """---
title: Returns
url: https://help.example/returns
---

# Returns

You can return unused items within 30 days of delivery. Sale items can be returned within 14 days of delivery.
Gift cards cannot be returned.

## Refunds

The refund reaches your card within 5 working days after we receive the parcel.
""",
    "shipping.md": """---
title: Shipping
url: https://help.example/shipping
---

# Shipping

Standard shipping to Austria costs 6.90 EUR. Standard shipping to Spain costs 8.90 EUR.
Express delivery arrives the next working day when you order before 14:00.
""",
    "members.md": """---
title: Pine Club returns
url: https://help.example/members
audience: members
---

# Pine Club returns

Pine Club members can return unused items within 60 days of delivery.
""",
}
"""A small help centre; members see one article more."""


class TestClock:
    """A clock that a test can move; time passes by itself as well, so that deadlines work."""

    __test__ = False

    def __init__(self) -> None:
        self._offset = timedelta()
        self._loop_start = asyncio.get_running_loop().time()

    def advance(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return NOW + self._offset + timedelta(seconds=asyncio.get_running_loop().time() - self._loop_start)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self._offset.total_seconds()


def a_release(
    folder: Path,
    *,
    model: ChatModel | None = None,
    articles: Mapping[str, str] = ARTICLES,
    embedder: Embedder | None = None,
    change: Mapping[str, Any] | None = None,
    first_byte_s: float = 2.0,
) -> ServedRelease:
    """The demo's assistant over a few articles, answered by `model` and then by quotation.

    Args:
        change: fields of the assistant's content to replace.
        first_byte_s: how long `model` may be silent before quotation takes its place.
    """
    documents = folder / "documents"
    for name, text in articles.items():
        path = documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    source = KnowledgeSource(name="articles", folder="documents", language="en", owner="tests")
    settings = KnowledgeSettings(sources=(source,))
    snapshots = FolderSnapshotStore(folder / "snapshots")
    report = build_snapshot(
        [FolderSource(source, folder, settings.max_document_bytes)],
        settings=settings,
        embedder=embedder,
        cache=SqliteEmbeddingCache(folder / "embeddings.db"),
        snapshots=snapshots,
        progress=lambda _: None,
    )
    assert report.manifest is not None, report
    content: AssistantContent = replace(read_assistant(DEMO), **(change or {}))
    index = snapshots.open(report.manifest.snapshot_id)
    return serve_content(content, index, model=model, embedder=embedder, first_byte_s=first_byte_s)


def serve_content(
    content: AssistantContent,
    index: Any,
    *,
    model: ChatModel | None = None,
    embedder: Embedder | None = None,
    first_byte_s: float = 2.0,
) -> ServedRelease:
    vendors = Vendors(monotonic=lambda: asyncio.get_running_loop().time())
    last = Rung(model=ExtractiveChatModel(embedder), route=ModelRoute(name="quotes", adapter="extractive"))
    route = ModelRoute(name="model", adapter="openai", model="script", first_byte_s=first_byte_s)
    first = [Rung(model=model, route=route)] if model else []
    return ServedRelease(
        manifest=compose_manifest(content, index.manifest.snapshot_id, scorers="test", at=NOW),
        content=content,
        guard=Guard(content.guards, protected=(content.prompts.answer,)),
        router=Router(content.routing, content.profile, content.escalation, embedder),
        retriever=Retriever(index, embedder, content.retrieval),
        generator=Generator([*first, last], vendors=vendors, price=lambda *_, **__: None),
        grounder=Grounder(embedder, content.grounding),
        jobs=SideJobs(vendors=vendors, price=lambda *_, **__: None),
    )


@dataclass(kw_only=True)
class World:
    """A database, a release and a runner: everything a turn needs."""

    database: Database
    release: ServedRelease
    runner: TurnRunner
    clock: TestClock
    telemetry: PrometheusTelemetry

    async def a_conversation(self, *audiences: str, locale: str = "en") -> ConversationId:
        conversation_id = ConversationId.mint(SystemTokens().token())
        principal = Principal(audiences=Audiences(labels=frozenset({"public", *audiences})))
        conversation = Conversation(
            conversation_id=conversation_id,
            channel="test",
            locale=locale,
            status=ConversationStatus.ASSISTANT,
            principal=principal,
            last_seq=0,
            created_at=self.clock.now(),
        )
        await self.database.write(lambda stores: stores.conversations.create(conversation, token_hash=uuid.uuid4().hex))
        return conversation_id

    async def send(
        self,
        conversation_id: ConversationId,
        text: str,
        *,
        key: str = "",
        attachments: tuple[AttachmentId, ...] = (),
        address: str = "",
        may_be_kept: bool = True,
        to: TurnRunner | None = None,
    ) -> Accepted:
        """Write as a customer, `to` this worker where there are several."""
        inbound = InboundMessage(
            conversation_id=conversation_id,
            text=text,
            idempotency_key=key or uuid.uuid4().hex,
            channel="test",
            attachments=attachments,
            address=address,
            may_be_kept=may_be_kept,
        )
        return await (to or self.runner).accept(inbound)

    async def a_file(self, conversation_id: ConversationId, name: str = "boots.png") -> AttachmentId:
        """An uploaded file that is not sent yet."""
        ref = AttachmentRef(
            attachment_id=AttachmentId.mint(SystemTokens().token()), name=name, media_type="image/png", bytes=5
        )
        attachment = Attachment(conversation_id=conversation_id, ref=ref, sha256="0" * 64, created_at=self.clock.now())
        await self.database.write(lambda stores: keep_attachment(stores, attachment, b"bytes"))
        return ref.attachment_id

    async def finished(self, accepted: Accepted) -> StoredEvent:
        turn = accepted.turn
        return await final_event(
            self.database, turn.conversation_id, turn.turn_id, after=accepted.after_seq, timeout_s=10
        )

    async def ask(self, conversation_id: ConversationId, text: str) -> StoredEvent:
        return await self.finished(await self.send(conversation_id, text))

    async def events(self, conversation_id: ConversationId) -> Sequence[StoredEvent]:
        return await self.database.read(lambda stores: stores.events.read(conversation_id, after=0))

    async def finals(self, conversation_id: ConversationId) -> list[StoredEvent]:
        return [event for event in await self.events(conversation_id) if event.kind in FINAL_KINDS]

    def another_runner(
        self,
        *,
        owner: str,
        limits: RunnerLimits | None = None,
        clock: Clock | None = None,
        database: Database | None = None,
    ) -> TurnRunner:
        """A second worker on the same data, through the same database or another door to it."""
        return TurnRunner(
            database or self.database,
            lambda _: self.release,
            clock=clock or self.clock,
            tokens=SystemTokens(),
            telemetry=self.telemetry,
            owner=owner,
            limits=limits or RunnerLimits(),
        )


@asynccontextmanager
async def a_world(
    release: ServedRelease, *, url: str = "sqlite://", limits: RunnerLimits | None = None, start: bool = True
) -> AsyncIterator[World]:
    database = await open_database(url)
    clock, telemetry = TestClock(), PrometheusTelemetry()
    runner = TurnRunner(
        database,
        lambda _: release,
        clock=clock,
        tokens=SystemTokens(),
        telemetry=telemetry,
        owner="worker-1",
        limits=limits or RunnerLimits(),
    )
    if start:
        await runner.start()
    try:
        yield World(database=database, release=release, runner=runner, clock=clock, telemetry=telemetry)
    finally:
        await runner.close(grace_s=0.2)
        await database.close()
