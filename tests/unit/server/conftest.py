"""A desk without sockets: the real application on a database in memory, whose turns play a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from frontdesk.adapters.channels import LogNotifier
from frontdesk.adapters.clock import SystemClock, SystemTokens
from frontdesk.adapters.index import FolderSnapshotStore
from frontdesk.adapters.stores import open_database
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap import App, ReleaseBook, Reloader
from frontdesk.bootstrap.connectors import ConnectorShelf
from frontdesk.bootstrap.shelf import SnapshotShelf
from frontdesk.bootstrap.simulated import SimulatedSystems
from frontdesk.domain.conversation import InboundMessage, Principal
from frontdesk.domain.errors import UnauthenticatedError
from frontdesk.domain.events import (
    AnswerCompleted,
    AnswerProvisional,
    AnswerSentence,
    AnswerWithdrawn,
    Event,
    TurnFailed,
    TurnStage,
)
from frontdesk.domain.ids import ChunkId, DocumentId, MessageId, ReleaseId, SnapshotId, TurnId
from frontdesk.domain.knowledge import SnapshotManifest
from frontdesk.domain.release import Ceilings, ReleaseManifest
from frontdesk.domain.turn import Answer, Citation, OpenTurn, Outcome, TurnRecord, TurnState
from frontdesk.ports.stores import Database, Stores
from frontdesk.releases import read_assistant
from frontdesk.server.access import hash_secret
from frontdesk.server.app import create_app
from frontdesk.settings import Settings
from frontdesk.turn.delivery import StageNotices
from frontdesk.turn.generation import Vendors
from frontdesk.turn.intake import Acceptance, Accepted, accept_message, clean_message
from frontdesk.turn.money.till import Till
from frontdesk.turn.money.watch import BudgetWatch
from frontdesk.turn.occurrences import OccurrenceLog
from frontdesk.turn.outbox import OutboxDispatcher
from frontdesk.turn.running.runner import Load, TurnRunner
from frontdesk.turn.serving import ServedRelease
from frontdesk.turn.withdrawals import WithdrawalFeed
from frontdesk.turn.write_back import WriteBackSender

STAFF_KEY = "fd_a-key-for-tests"
EXAMPLE = Path(__file__).parents[3] / "examples" / "harbor-and-pine"
RELEASE = ReleaseId("rel_test")
SNAPSHOT = SnapshotId("snap_test")

CITATION = Citation(
    marker="1",
    document_id=DocumentId("doc_returns"),
    chunk_id=ChunkId("chunk_returns"),
    title="Returns policy",
    url="https://shop.example/returns",
    quote="You can return unused items within 60 days.",
    snapshot_id=SNAPSHOT,
)

Script = Callable[[TurnId], Sequence[Event | asyncio.Event]]
"""The events of a turn after `turn.accepted`; an `asyncio.Event` among them is waited for."""


def an_answer(turn_id: TurnId) -> Sequence[Event]:
    """One stage, one sentence with its source, the end."""
    sentence = AnswerSentence(
        turn_id=turn_id, index=0, separator="", text="You have 60 days. [1]", citations=(CITATION,)
    )
    return [TurnStage(turn_id=turn_id, stage="retrieve", label="Looking it up"), sentence, completed(turn_id)]


def completed(turn_id: TurnId, **changes: Any) -> AnswerCompleted:
    values: dict[str, Any] = {
        "outcome": Outcome.ANSWERED,
        "text": "You have 60 days. [1]",
        "citations": (CITATION,),
        "confidence": "high",
        "degraded": (),
        "release_id": RELEASE,
        "timings_ms": {"total": 3.2},
    }
    return AnswerCompleted(turn_id=turn_id, **(values | changes))


class ScriptedTurns:
    """Accepts messages as the worker does, and plays a script in place of the pipeline."""

    has_room_for_newcomers = True

    def __init__(self, database: Database) -> None:
        self.database = database
        self.notices = StageNotices()
        self.script: Script = an_answer
        self.accepted: list[InboundMessage] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self._clock, self._tokens = SystemClock(), SystemTokens()

    async def start(self) -> None:
        """Nothing is left over from before."""

    def drain(self) -> None:
        """Nothing is claimed here."""

    def expect(self) -> None:
        """There is room for everybody."""

    def load(self) -> Load:
        return Load(running=len(self.tasks), hands=4, waiting=0, kept=0, oldest_s=0.0, refused=0)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def accept(self, inbound: InboundMessage) -> Accepted:
        message = clean_message(inbound)
        acceptance = Acceptance(
            turn_id=TurnId.mint(self._tokens.token()),
            message_id=MessageId.mint(self._tokens.token()),
            release_id=RELEASE,
            default_language="en",
            at=self._clock.now(),
            deadline_s=30,
            owner="test",
            lease_s=5,
        )
        accepted = await self.database.write(lambda stores: accept_message(stores, message, acceptance))
        assert isinstance(accepted, Accepted)
        if not accepted.turn.is_duplicate:
            self.accepted.append(inbound)
            task = asyncio.create_task(self._play(accepted))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return accepted

    def ended(self, turn_id: TurnId) -> None:
        """As for turns of another process: the log alone tells."""

    async def _play(self, accepted: Accepted) -> None:
        turn = accepted.turn
        for step in self.script(turn.turn_id):
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, TurnStage | AnswerProvisional | AnswerWithdrawn):
                self.notices.tell(turn.conversation_id, step)
            else:
                await self._tell(accepted, step)

    async def _tell(self, accepted: Accepted, event: Event) -> None:
        turn, at = accepted.turn, self._clock.now()

        def commit(stores: Stores) -> None:
            (stored,) = stores.events.append(turn.conversation_id, [event], at=at)
            if accepted.state is not TurnState.RUNNING:  # a script does not wait for its place in the queue
                return
            if isinstance(event, AnswerCompleted | TurnFailed):
                stores.turns.finish(a_record(turn, event), last_seq=stored.seq, at=at)

        await self.database.write(commit)


def a_record(turn: OpenTurn, last: AnswerCompleted | TurnFailed) -> TurnRecord:
    """What the last event tells, as the record of the turn."""
    answer = last if isinstance(last, AnswerCompleted) else None
    return TurnRecord(
        answer=Answer(
            turn_id=turn.turn_id,
            outcome=last.outcome,
            text=last.text,
            citations=answer.citations if answer else (),
            confidence=answer.confidence if answer else "low",
            degraded=answer.degraded if answer else (),
            release_id=last.release_id,
            timings_ms=last.timings_ms,
        ),
        lease=turn.lease,
        route=None,
        retrieval=None,
        verdict_in=None,
        verdicts_out=(),
        sentences=(),
        claims=(),
        withheld=(),
        prompt="",
        attempts=(),
        timings=(),
    )


class NamedCustomers:
    """A verifier whose tokens are `customer:<name>`."""

    def verify(self, token: str) -> Principal:
        head, _, subject = token.partition(":")
        if head != "customer":
            raise UnauthenticatedError("The identity token is not valid.")
        return Principal(subject=subject, proof="signed_token")


@dataclass
class Stream:
    """A response that is still being sent."""

    status: int
    headers: Mapping[str, str]
    chunks: asyncio.Queue[bytes | None]

    async def events(self, *, until: str = "", count: int = 0) -> list[dict[str, Any]]:
        """Events up to the first of a kind, or so many; all of them without a limit."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(5):
            while (chunk := await self.chunks.get()) is not None:
                found += [_parse(block) for block in chunk.decode().split("\n\n") if block and block[0] != ":"]
                if (until and found and found[-1]["kind"] == until) or (count and len(found) >= count):
                    break
        return found


@dataclass
class Desk:
    """The application and those who use it."""

    app: App
    web: FastAPI
    turns: ScriptedTurns
    client: httpx.AsyncClient
    opened: dict[str, str] = field(default_factory=dict)

    @property
    def staff(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {STAFF_KEY}"}

    async def open_conversation(self, **body: Any) -> tuple[str, dict[str, str]]:
        """Its id, and the headers of its holder."""
        response = await self.client.post("/v1/conversations", json=body)
        assert response.status_code == 201, response.text
        opened = response.json()
        return opened["conversation_id"], {"Authorization": f"Bearer {opened['token']}"}

    async def say(self, conversation_id: str, headers: Mapping[str, str], text: str, key: str = "k1") -> httpx.Response:
        return await self.client.post(
            f"/v1/conversations/{conversation_id}/messages",
            json={"text": text},
            headers={**headers, "Idempotency-Key": key},
        )

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Stream]:
        """Open a response that is read while it is sent; leaving hangs up."""
        path, _, query = path.partition("?")
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        content = json.dumps(body).encode() if body is not None else b""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [*raw, (b"host", b"desk"), *([(b"content-type", b"application/json")] if content else [])],
            "client": ("192.0.2.1", 1),
            "server": ("desk", 80),
        }
        inbox: asyncio.Queue[Message] = asyncio.Queue()
        inbox.put_nowait({"type": "http.request", "body": content, "more_body": False})
        started: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        chunks: asyncio.Queue[bytes | None] = asyncio.Queue()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.set_result(message)
                return
            if message.get("body"):
                chunks.put_nowait(message["body"])
            if not message.get("more_body"):
                chunks.put_nowait(None)

        serving = asyncio.create_task(self.web(scope, inbox.get, send))
        try:
            start = await asyncio.wait_for(started, 5)
            sent = {name.decode(): value.decode() for name, value in start["headers"]}
            yield Stream(start["status"], sent, chunks)
        finally:
            inbox.put_nowait({"type": "http.disconnect"})
            async with asyncio.timeout(5):
                await serving


def _parse(block: str) -> dict[str, Any]:
    event: dict[str, Any] = {"kind": "message", "id": None, "data": ""}
    for line in block.split("\n"):
        name, _, value = line.partition(": ")
        event["kind" if name == "event" else name] = value
    return event


def a_snapshot() -> SnapshotManifest:
    return SnapshotManifest(
        snapshot_id=SNAPSHOT,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        embedder="",
        dimension=0,
        chunk_count=1,
        document_count=1,
        languages={"en": 1},
        audiences={"public": 1},
        settings={},
        files={},
    )


class EmptyIndex:
    """A snapshot of which only the manifest is asked."""

    manifest = a_snapshot()

    @property
    def whole(self) -> "EmptyIndex":
        return self

    def documents(self) -> tuple[()]:
        return ()

    def document(self, _: DocumentId) -> None:
        """There is none."""


def a_release() -> ServedRelease:
    """The demo's words; the stages are not used, because turns are scripted."""
    manifest = ReleaseManifest(
        release_id=RELEASE, components={}, snapshot_id=SNAPSHOT, composed_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    nothing = cast("Any", None)
    return ServedRelease(
        manifest=manifest,
        content=read_assistant(EXAMPLE),
        guard=nothing,
        router=nothing,
        retriever=cast("Any", SimpleNamespace(index=EmptyIndex())),
        generator=nothing,
        grounder=nothing,
        jobs=nothing,
    )


_RELEASE = a_release()


@asynccontextmanager
async def open_desk(**settings: Any) -> AsyncIterator[Desk]:
    database = await open_database("sqlite://")
    clock, telemetry = SystemClock(), PrometheusTelemetry()
    await database.write(lambda stores: stores.staff_keys.add("ops", key_hash=hash_secret(STAFF_KEY), at=clock.now()))
    releases = ReleaseBook()
    releases.go_live(_RELEASE)
    turns = ScriptedTurns(database)
    occurrences = OccurrenceLog(database, clock=clock, telemetry=telemetry)
    chosen = Settings(**settings)
    simulated = SimulatedSystems(chosen)
    connectors = ConnectorShelf(chosen, clock, telemetry, occurrences=occurrences, simulators=simulated.address)
    app = App(
        settings=chosen,
        database=database,
        runner=cast("TurnRunner", turns),
        releases=releases,
        identity=NamedCustomers(),
        clock=clock,
        tokens=SystemTokens(),
        telemetry=telemetry,
        embedder=None,
        snapshots=SnapshotShelf(FolderSnapshotStore(Path("nowhere"))),
        outbox=OutboxDispatcher(database, LogNotifier(), owner="test"),
        occurrences=occurrences,
        vendors=Vendors(monotonic=clock.monotonic),
        till=Till(database, BudgetWatch(telemetry, occurrences), ceilings=Ceilings),
        reloader=Reloader(
            EXAMPLE,
            data_dir=Path("nowhere"),
            releases=releases,
            database=database,
            occurrences=occurrences,
            clock=clock,
            opening=lambda _: _RELEASE,
        ),
        withdrawals=WithdrawalFeed(database, tell=releases.lay_over),
        resources=AsyncExitStack(),
        simulated=simulated,
        connectors=connectors,
        write_back=WriteBackSender(
            database, lambda: None, owner="test", clock=clock, telemetry=telemetry, occurrences=occurrences
        ),
    )
    web = create_app(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://desk") as client:
        yield Desk(app, web, turns, client)
    await connectors.close()
    await turns.close()
    await database.close()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as desk:
        yield desk


@pytest.fixture
def desk_with() -> Callable[..., Any]:
    """Opens a desk with other settings."""
    return open_desk


@dataclass(frozen=True)
class Answers:
    """The pieces scripts are made of."""

    citation: Citation
    plain: Callable[[TurnId], Sequence[Event]]
    completed: Callable[..., AnswerCompleted]


@pytest.fixture
def answer() -> Answers:
    return Answers(CITATION, an_answer, completed)
