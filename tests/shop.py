"""The whole product, opened as a server opens it, and the customers who write to it."""

import asyncio
import json
import shutil
import uuid
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from frontdesk.bootstrap import App, ensure_staff_key, open_app
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, InboundMessage, Principal
from frontdesk.domain.events import StoredEvent
from frontdesk.domain.ids import ConversationId
from frontdesk.server import running_server
from frontdesk.settings import Settings, load_settings
from frontdesk.turn.delivery import final_event

DEMO = Path(__file__).parents[1] / "examples" / "harbor-and-pine"
SPAIN = "How much is standard delivery to mainland Spain?"
"""Answered with 8.90 EUR, by words alone as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Everything that one turn left behind."""

    outcome: str
    text: str
    citations: tuple[Mapping[str, Any], ...]
    documents: tuple[str, ...]
    """Path of each citation's document, inside its source."""
    found: tuple[str, ...]
    """Paths of the passages, best first."""
    record: Mapping[str, Any]
    events: Sequence[StoredEvent]
    """Those of the turn."""

    @property
    def sentences(self) -> list[str]:
        return [json.loads(event.body)["text"] for event in self.events if event.kind == "answer.sentence"]

    @property
    def everything(self) -> str:
        """All that was shown or kept, as one text."""
        return "\n".join([json.dumps(self.record, ensure_ascii=False), *(event.body for event in self.events)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    app: App

    async def conversation(self, *audiences: str, locale: str = "en") -> ConversationId:
        """A new conversation of somebody who may see these audiences besides the public one."""
        conversation_id = ConversationId.mint(self.app.tokens.token())
        conversation = Conversation(
            conversation_id=conversation_id,
            channel="test",
            locale=locale,
            status=ConversationStatus.ASSISTANT,
            principal=Principal(audiences=Audiences(labels=frozenset({"public", *audiences}))),
            last_seq=0,
            created_at=self.app.clock.now(),
        )
        token_hash = uuid.uuid4().hex
        await self.app.database.write(lambda stores: stores.conversations.create(conversation, token_hash=token_hash))
        return conversation_id

    async def ask(self, conversation_id: ConversationId, text: str) -> Reply:
        accepted = await self.app.runner.accept(
            InboundMessage(conversation_id=conversation_id, text=text, idempotency_key=uuid.uuid4().hex, channel="test")
        )
        turn, after = accepted.turn, accepted.after_seq
        final = await final_event(self.app.database, conversation_id, turn.turn_id, after=after, timeout_s=60)
        events, record = await self.app.database.read(
            lambda stores: (
                stores.events.read(conversation_id, after=after),
                stores.turns.record(turn.turn_id) or {},
            )
        )
        body = json.loads(final.body)
        return Reply(
            outcome=body["outcome"],
            text=body["text"],
            citations=tuple(body.get("citations", ())),
            documents=tuple(self._path(citation) for citation in body.get("citations", ())),
            found=tuple(self._path(passage) for passage in (record.get("retrieval") or {}).get("passages", ())),
            record=record,
            events=events,
        )

    def _path(self, place: Mapping[str, Any]) -> str:
        document = self.app.releases.serving().retriever.index.document(place["document_id"])
        return document.path if document else "?"


def tell(*lines: object) -> None:
    """Figures of a rehearsal, for whoever runs it with `-s` or reads why it failed."""
    print(*lines, sep="\n")  # noqa: T201


@asynccontextmanager
async def a_shop(data_dir: Path, *, assistant: Path = DEMO, **settings: Any) -> AsyncIterator[Shop]:
    """The product on a data folder that already has its snapshot; a server's doors are left out."""
    app = await open_app(_settings(data_dir, assistant, settings), should_sync=False)
    async with app:
        yield Shop(app=app)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """The shop behind its doors."""

    app: App
    url: str
    staff_key: str


@asynccontextmanager
async def an_open_shop(data_dir: Path, *, assistant: Path = DEMO, **settings: Any) -> AsyncIterator[Counter]:
    """The product behind a socket of loopback, on a data folder that already has its snapshot."""
    app = await open_app(_settings(data_dir, assistant, settings), should_sync=False)
    key = await ensure_staff_key(app.database, app.clock, app.tokens)
    assert key is not None
    async with running_server(app) as url:
        yield Counter(app=app, url=url, staff_key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An open shop, and a conversation in it."""

    shop: Counter
    http: httpx.AsyncClient
    path: str
    headers: Mapping[str, str]

    async def say(self, text: str) -> dict[str, Any]:
        """A normal turn."""
        response = await self.http.post(
            f"{self.path}/messages", json={"text": text}, headers={**self.headers, **a_key()}
        )
        assert response.status_code == 200, (text, response.text)
        turn: dict[str, Any] = response.json()
        return turn

    async def somebody_else(self) -> "Visit":
        return await visit(self.shop, self.http)


async def visit(shop: Counter, http: httpx.AsyncClient) -> Visit:
    opened = (await http.post("/v1/conversations", json={"locale": "en"})).json()
    return Visit(
        shop=shop,
        http=http,
        path=f"/v1/conversations/{opened['conversation_id']}",
        headers={"Authorization": f"Bearer {opened['token']}"},
    )


def a_key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def _settings(data_dir: Path, assistant: Path, others: Mapping[str, Any]) -> Settings:
    return load_settings({}, data_dir=data_dir, assistant_dir=assistant, **others)


def assistant_asking(folder: Path, base_url: str, *, model: str = "sim") -> Path:
    """A copy of the demo's assistant whose answers a simulated vendor writes."""
    target = folder / "assistant"
    shutil.copytree(DEMO, target)
    route = f"answer:\n  - {{name: sim, adapter: openai, base_url: '{base_url}', model: {model}}}\n"
    (target / "models.yaml").write_text(f"{route}cache: {{entries: 0}}\n", encoding="utf-8")
    return target


@asynccontextmanager
async def served(web: ASGIApp) -> AsyncIterator[str]:
    """An application on a free port of loopback, beside the work of this process; gives its address."""
    config = uvicorn.Config(web, port=0, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False)
    server = _Beside(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
            if task.done():
                await task
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await task


class _Beside(uvicorn.Server):
    """Leaves signals to whoever has them."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
