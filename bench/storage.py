"""Turns a second that each database accepts and finishes, as a ratio to raw sqlite3 in the same run.

One turn is two durable commits: the accepted message (message, turn, event) and the ended turn (guard, answer, event,
record with its rows). The floor is one loop of raw sqlite3 that makes two synchronous commits of as many rows.

    python bench/storage.py [--postgres postgresql://...] [--seconds 4] [--clients 16]
"""

import argparse
import asyncio
import itertools
import platform
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.events import AnswerCompleted, TurnAccepted
from frontdesk.domain.ids import ChunkId, ConversationId, DocumentId, MessageId, ReleaseId, SnapshotId, TurnId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.safety import GuardAction, Verdict
from frontdesk.domain.turn import (
    Answer,
    Citation,
    Claim,
    ClaimSupport,
    Evidence,
    Lease,
    Outcome,
    RetrievalResult,
    Route,
    SearchQuery,
    Sentence,
    Stage,
    StageTiming,
    TurnRecord,
    TurnState,
)
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.ports.stores import Database, StoredTurn, Stores

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_RELEASE = ReleaseId("rel_bench")
_QUESTION = "How long do I have to send back a tent that I have already pitched once?"
_SENTENCE = "You can return unused items within 30 days of delivery for a full refund."
_ANSWER = " ".join([_SENTENCE] * 3)
_PASSAGE_TEXT = _SENTENCE * 12
_PROMPT = _PASSAGE_TEXT * 5
_ROWS_PER_TURN = (5, 28)
"""Rows written by the accepting and by the finishing commit, for the floor."""


def main() -> None:
    arguments = _arguments()
    print(f"{platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-", dir=arguments.folder) as folder:
        floor = _raw_rate(Path(folder) / "raw.db", arguments.seconds)
        print(f"{'raw sqlite3, 1 client':32} {floor:8.0f} turns/s   1.00")
        urls = {"SQLite": f"sqlite:///{folder}/bench.db"}
        if arguments.postgres:
            urls["PostgreSQL"] = arguments.postgres
        for (name, url), clients in itertools.product(urls.items(), (1, arguments.clients)):
            rate = asyncio.run(_rate(url, clients=clients, seconds=arguments.seconds))
            print(f"{f'{name}, {clients} clients':32} {rate:8.0f} turns/s   {rate / floor:.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", default="", help="URL of an empty PostgreSQL database")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--folder", default=None, help="where SQLite's file goes; decides what a commit costs")
    return parser.parse_args()


def _raw_rate(path: Path, seconds: float) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT UNIQUE, body TEXT)")
    names = itertools.count()

    def turn() -> None:
        for rows in _ROWS_PER_TURN:
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(rows):
                connection.execute("INSERT INTO rows (name, body) VALUES (?, ?)", (f"row_{next(names)}", _PASSAGE_TEXT))
            connection.execute("COMMIT")

    return _count(turn, seconds) / seconds


def _count(work: Callable[[], None], seconds: float) -> int:
    until, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        work()
        done += 1
    return done


async def _rate(url: str, *, clients: int, seconds: float) -> float:
    database = await open_database(url)
    run = f"{time.time_ns():x}"
    until = time.perf_counter() + seconds
    counts = await asyncio.gather(*(_client(database, f"{run}_{number}", until) for number in range(clients)))
    await database.close()
    return sum(counts) / seconds


async def _client(database: Database, name: str, until: float) -> int:
    done = 0
    while time.perf_counter() < until:
        await _one_turn(database, f"{name}_{done}")
        done += 1
    return done


async def _one_turn(database: Database, name: str) -> None:
    conversation_id, turn_id = ConversationId.mint(name), TurnId.mint(name)
    await database.write(lambda stores: _accept(stores, conversation_id, turn_id))
    await database.write(lambda stores: _finish(stores, conversation_id, turn_id))


def _accept(stores: Stores, conversation_id: ConversationId, turn_id: TurnId) -> None:
    stores.conversations.create(_conversation(conversation_id), token_hash="")
    stores.conversations.get(conversation_id)
    stores.turns.find_by_key(conversation_id, turn_id)
    message = _message(conversation_id, turn_id)
    stores.messages.add(message)
    stores.turns.open(_turn(message), owner="bench", lease_s=5)
    stores.events.append(
        conversation_id, [TurnAccepted(turn_id=turn_id, message_id=message.message_id, text=message.text)], at=_NOW
    )


def _finish(stores: Stores, conversation_id: ConversationId, turn_id: TurnId) -> None:
    record = _record(turn_id)
    stores.turns.assert_held(record.lease)
    said = replace(_message(conversation_id, turn_id), message_id=MessageId.mint(f"{turn_id}_answer"), role="assistant")
    stores.messages.add(replace(said, text=_ANSWER))
    answer = record.answer
    completed = AnswerCompleted(
        turn_id=turn_id,
        outcome=answer.outcome,
        text=answer.text,
        citations=answer.citations,
        confidence=answer.confidence,
        degraded=answer.degraded,
        release_id=answer.release_id,
        timings_ms=answer.timings_ms,
    )
    (stored,) = stores.events.append(conversation_id, [completed], at=_NOW)
    stores.turns.finish(record, last_seq=stored.seq, at=_NOW)


def _conversation(conversation_id: ConversationId) -> Conversation:
    return Conversation(
        conversation_id=conversation_id,
        channel="web_chat",
        locale="en",
        status=ConversationStatus.ASSISTANT,
        principal=Principal(),
        last_seq=0,
        created_at=_NOW,
    )


def _message(conversation_id: ConversationId, turn_id: TurnId) -> Message:
    return Message(
        message_id=MessageId.mint(turn_id),
        conversation_id=conversation_id,
        turn_id=turn_id,
        position=0,
        role="customer",
        text=_QUESTION,
        language="en",
        at=_NOW,
    )


def _turn(message: Message) -> StoredTurn:
    assert message.turn_id is not None
    return StoredTurn(
        turn_id=message.turn_id,
        conversation_id=message.conversation_id,
        message_id=message.message_id,
        idempotency_key=message.turn_id,
        request_hash="0" * 64,
        state=TurnState.RUNNING,
        outcome=None,
        release_id=_RELEASE,
        language="en",
        channel="web_chat",
        fence=1,
        accepted_at=_NOW,
        deadline_at=_NOW,
        ended_at=None,
        last_seq=0,
    )


def _record(turn_id: TurnId) -> TurnRecord:
    citations = tuple(_citation(str(marker)) for marker in (1, 2))
    return TurnRecord(
        answer=Answer(
            turn_id=turn_id,
            outcome=Outcome.ANSWERED,
            text=_ANSWER,
            citations=citations,
            confidence="high",
            degraded=(),
            release_id=_RELEASE,
            timings_ms={stage.value: 1.25 for stage in Stage},
        ),
        lease=Lease(turn_id=turn_id, owner="bench", fence=1),
        route=Route(kind="knowledge", why="It asks about a policy."),
        retrieval=_RETRIEVAL,
        verdict_in=Verdict(action=GuardAction.ALLOW, text=_QUESTION),
        verdicts_out=(Verdict(action=GuardAction.ALLOW, text=_ANSWER),),
        sentences=tuple(Sentence(index=n, text=_SENTENCE, citations=citations, risk=0.1) for n in range(3)),
        claims=tuple(_CLAIM for _ in range(3)),
        withheld=(),
        prompt=_PROMPT,
        attempts=(_ATTEMPT,),
        timings=tuple(StageTiming(stage=stage, step="", ms=1.25) for stage in Stage),
    )


def _citation(marker: str) -> Citation:
    return Citation(
        marker=marker,
        document_id=DocumentId("doc_returns"),
        chunk_id=ChunkId("chunk_returns_1"),
        title="Returns and refunds",
        url="https://shop.example/help/returns",
        quote=_SENTENCE,
        snapshot_id=SnapshotId("snap_bench"),
    )


def _passage(number: int) -> Passage:
    chunk_id = ChunkId(f"chunk_returns_{number}")
    return Passage(
        chunk_id=chunk_id,
        chunk_ids=(chunk_id,),
        document_id=DocumentId("doc_returns"),
        title="Returns and refunds",
        url="https://shop.example/help/returns",
        breadcrumb=("Help", "Returns and refunds"),
        language="en",
        audience="public",
        text=_PASSAGE_TEXT,
        start=0,
        score=0.9,
        lexical_score=11.5,
        dense_score=0.71,
    )


_RETRIEVAL = RetrievalResult(
    query=SearchQuery(text=_QUESTION, original=_QUESTION, language="en"),
    passages=tuple(_passage(number) for number in range(5)),
    confidence=0.9,
    level="high",
    timings_ms={"embed": 1.5, "lexical": 0.2, "dense": 0.6},
)
_CLAIM = ClaimSupport(
    claim=Claim(text=_SENTENCE, start=0, end=len(_SENTENCE)),
    risk=0.1,
    evidence=Evidence(passage=0, chunk_id=ChunkId("chunk_returns_0"), quote=_SENTENCE, start=0, end=len(_SENTENCE)),
)
_ATTEMPT = VendorAttempt(
    number=1,
    purpose="answer",
    vendor="vendor",
    model="model",
    reported_model="model-2026-01-01",
    result="ok",
    first_token_ms=210.0,
    total_ms=900.0,
    usage=Usage(input_tokens=1200, output_tokens=60),
    cost_usd=Decimal("0.00042"),
)


if __name__ == "__main__":
    main()
