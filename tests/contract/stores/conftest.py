"""Every suite here runs over every database; builders make one noun each with everything optional."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.escalation import Escalation, EscalationReason
from frontdesk.domain.ids import ConversationId, EscalationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import Answer, Lease, Outcome, TurnRecord, TurnState
from frontdesk.ports.stores import Database, StoredTurn

NOW = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)
DATABASES = ["sqlite_file", "sqlite_memory", pytest.param("postgres", marks=pytest.mark.postgres)]
_numbers = itertools.count(1)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return _url_of(request, tmp_path)


@pytest.fixture(params=["sqlite_file", DATABASES[-1]])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that can be closed and opened again."""
    return _url_of(request, tmp_path)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await open_database(url)
    yield opened
    await opened.close()


@pytest.fixture
async def conversation_id(database: Database) -> ConversationId:
    """A stored conversation."""
    conversation = build_conversation()
    await database.write(lambda stores: stores.conversations.create(conversation, token_hash="hash"))
    return conversation.conversation_id


@pytest.fixture
def a_conversation() -> Callable[..., Conversation]:
    return build_conversation


@pytest.fixture
def a_message() -> Callable[..., Message]:
    return build_message


@pytest.fixture
def a_turn() -> Callable[..., StoredTurn]:
    return build_turn


@pytest.fixture
def a_record() -> Callable[..., TurnRecord]:
    return build_record


@pytest.fixture
def an_escalation() -> Callable[..., Escalation]:
    return build_escalation


def build_conversation(**changes: Any) -> Conversation:
    conversation = Conversation(
        conversation_id=ConversationId.mint(f"c{next(_numbers)}"),
        channel="web_chat",
        locale="en-GB",
        status=ConversationStatus.ASSISTANT,
        principal=Principal(),
        last_seq=0,
        created_at=NOW,
    )
    return replace(conversation, **changes)


def build_message(conversation_id: ConversationId, **changes: Any) -> Message:
    message = Message(
        message_id=MessageId.mint(f"m{next(_numbers)}"),
        conversation_id=conversation_id,
        turn_id=None,
        position=0,
        role="customer",
        text="Where is my order?",
        language="en",
        at=NOW,
    )
    return replace(message, **changes)


def build_turn(conversation_id: ConversationId, **changes: Any) -> StoredTurn:
    number = next(_numbers)
    turn = StoredTurn(
        turn_id=TurnId.mint(f"t{number}"),
        conversation_id=conversation_id,
        message_id=MessageId.mint(f"m{number}"),
        idempotency_key=f"key-{number}",
        request_hash="0" * 64,
        state=TurnState.RUNNING,
        outcome=None,
        release_id=ReleaseId("rel_1"),
        language="en",
        channel="web_chat",
        fence=1,
        accepted_at=NOW,
        deadline_at=NOW,
        ended_at=None,
        last_seq=0,
    )
    return replace(turn, **changes)


def build_record(turn_id: TurnId, *, owner: str = "me", fence: int = 1, **changes: Any) -> TurnRecord:
    answer = Answer(
        turn_id=turn_id,
        outcome=changes.pop("outcome", Outcome.ANSWERED),
        text="It left our warehouse.",
        citations=(),
        confidence="high",
        degraded=(),
        release_id=ReleaseId("rel_1"),
        timings_ms={"total": 12.5},
    )
    record = TurnRecord(
        answer=answer,
        lease=Lease(turn_id=turn_id, owner=owner, fence=fence),
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
    return replace(record, **changes)


def build_escalation(conversation_id: ConversationId, **changes: Any) -> Escalation:
    escalation = Escalation(
        escalation_id=EscalationId.mint(f"e{next(_numbers)}"),
        conversation_id=conversation_id,
        turn_id=None,
        reason=EscalationReason.ASKED,
        queue="general",
        topic="",
        opened_at=NOW,
    )
    return replace(escalation, **changes)


def _url_of(request: pytest.FixtureRequest, folder: Path) -> str:
    kind: str = request.param
    if kind == "postgres":
        found: str = request.getfixturevalue("postgres_url")
        return found
    return "sqlite://" if kind == "sqlite_memory" else f"sqlite:///{folder}/frontdesk.db"
