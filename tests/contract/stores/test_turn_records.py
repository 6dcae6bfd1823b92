import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from frontdesk.domain.conversation import Message, Principal
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.events import TurnAccepted
from frontdesk.domain.ids import ChunkId, ConversationId, CustomerId, DocumentId, SnapshotId, TurnId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import ReleaseManifest
from frontdesk.domain.safety import Finding, FindingKind, GuardAction, Mark, Verdict
from frontdesk.domain.turn import (
    Claim,
    ClaimSupport,
    ConfidenceSign,
    Evidence,
    Nearest,
    NearMiss,
    RetrievalResult,
    Route,
    SearchLimits,
    SearchQuery,
    Stage,
    StageTiming,
    TurnRecord,
    Withheld,
)
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.ports.stores import Database, StoredTurn, Stores

PASSAGE = Passage(
    chunk_id=ChunkId("chunk_1"),
    chunk_ids=(ChunkId("chunk_1"), ChunkId("chunk_2")),
    document_id=DocumentId("doc_1"),
    title="Delivery",
    url="",
    breadcrumb=("Help", "Delivery"),
    language="en",
    audience="public",
    text="Parcels take two days.",
    start=10,
    score=0.9,
    lexical_score=7.5,
    dense_score=None,
)
EVERYTHING: dict[str, Any] = {
    "route": Route(kind="knowledge", intent="delivery", why="It asks when."),
    "routes": (
        Route(kind="knowledge", nearest=(Nearest(of="topic", name="jobs", example="Jobs?", score=0.2, needed=0.78),)),
        Route(kind="knowledge", intent="delivery", why="It asks when."),
    ),
    "narrowed_from": ("members", "public"),
    "limits": {"withhold_above": 0.5},
    "retrieval": RetrievalResult(
        query=SearchQuery(text="delivery time", original="How long?", language="en", rewritten_by="heuristic"),
        passages=(PASSAGE,),
        confidence=0.8,
        level="high",
        audiences=("public",),
        limits=SearchLimits(
            answer_above=0.5,
            high_above=0.75,
            dense_weight=0.6,
            lexical_limit=50,
            dense_limit=50,
            passages=5,
            passage_tokens=1600,
        ),
        near_misses=(
            NearMiss(
                chunk_id=ChunkId("chunk_9"),
                document_id=DocumentId("doc_9"),
                title="Parcels",
                score=0.1,
                lexical_score=None,
                dense_score=0.3,
                lexical_rank=None,
                dense_rank=7,
                cut_by="limit",
            ),
        ),
        signs=(ConfidenceSign(name="coverage", value=0.5, weight=3.8, share=1.9),),
        bias=-0.5,
    ),
    "verdict_in": Verdict(
        action=GuardAction.FLAG,
        findings=(Finding(kind=FindingKind.PERSONAL_DATA, rule="email", start=0, end=5),),
        text="How long?",
        reason="personal_data",
    ),
    "verdicts_out": (
        Verdict(
            action=GuardAction.MASK,
            text="Two days. [removed]",
            marks=(Mark(kind=FindingKind.LINK, rule="link", action=GuardAction.MASK, start=10, end=19),),
        ),
    ),
    "claims": (
        ClaimSupport(
            claim=Claim(text="Two days.", start=0, end=9),
            risk=0.05,
            evidence=Evidence(passage=0, chunk_id=ChunkId("chunk_1"), quote="two days", start=13, end=21),
        ),
    ),
    "withheld": (
        Withheld(
            text="It is free.",
            stage="ground",
            reasons=("unsupported",),
            risk=0.9,
            claims=(ClaimSupport(claim=Claim(text="It is free.", start=0, end=11), risk=0.9, evidence=None),),
            signs={"cover_all": 0.1},
            missing=("free",),
        ),
    ),
    "prompt": "Answer from the passages.",
    "attempts": (
        VendorAttempt(
            number=1,
            purpose="answer",
            vendor="acme",
            model="large",
            reported_model="large-1",
            result="ok",
            first_token_ms=200.5,
            total_ms=900.25,
            usage=Usage(input_tokens=1000, output_tokens=50, cached_tokens=10),
            cost_usd=Decimal("0.000123456789"),
        ),
    ),
    "timings": (
        StageTiming(stage=Stage.INTAKE, step="", ms=0.5),
        StageTiming(
            stage=Stage.RETRIEVE, step="embed", ms=1.5, error="dependency_timeout", started_ms=2.25, ended_ms=4.0
        ),
    ),
    "escalation_reason": EscalationReason.UNCERTAIN,
}


async def finish_turn(
    database: Database, turn: StoredTurn, message: Message, record: TurnRecord, at: datetime
) -> dict[str, Any]:
    def work(stores: Stores) -> None:
        stores.messages.add(message)
        stores.turns.open(turn, owner="me", lease_s=60)
        accepted = TurnAccepted(turn_id=turn.turn_id, message_id=message.message_id, text=message.text)
        (event,) = stores.events.append(turn.conversation_id, [accepted], at=at)
        stores.turns.finish(record, last_seq=event.seq, at=at)

    await database.write(work)
    found = await database.read(lambda stores: stores.turns.record(turn.turn_id))
    assert found is not None
    return found


async def test_tells_everything_that_was_recorded(
    database: Database,
    conversation_id: ConversationId,
    a_turn: Callable[..., StoredTurn],
    a_message: Callable[..., Message],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    turn = a_turn(conversation_id)
    message = a_message(conversation_id, message_id=turn.message_id, text="How long?")
    found = await finish_turn(database, turn, message, a_record(turn.turn_id, **EVERYTHING), now)

    assert json.loads(json.dumps(found)) == found
    assert found["question"] == "How long?"
    assert (found["state"], found["outcome"], found["confidence"]) == ("ended", "answered", "high")
    assert found["escalation_reason"] == "uncertain"
    assert found["ended_at"] == now.isoformat()
    assert found["events"] == {"first_seq": 1, "last_seq": 1}
    assert found["route"]["intent"] == "delivery"
    assert found["retrieval"]["passages"][0]["score"] == 0.9
    assert found["retrieval"]["passages"][0]["text"] == PASSAGE.text
    assert found["claims"][0]["evidence"]["quote"] == "two days"
    assert found["withheld"][0]["text"] == "It is free."
    assert found["prompt"] == "Answer from the passages."
    assert [(row["direction"], row["action"]) for row in found["verdicts"]] == [("in", "flag"), ("out", "mask")]
    assert found["verdicts"][0]["findings"][0]["rule"] == "email"
    assert found["attempts"][0]["cost_usd"] == "0.000123456789"
    assert [(row["stage"], row["step"], row["ms"], row["error"]) for row in found["timings"]] == [
        ("intake", "", 0.5, ""),
        ("retrieve", "embed", 1.5, "dependency_timeout"),
    ]
    assert [(row["started_ms"], row["ended_ms"]) for row in found["timings"]] == [(None, None), (2.25, 4.0)]
    assert found["timings_ms"] == {"total": 12.5}


async def test_tells_what_explains_a_decision(
    database: Database,
    conversation_id: ConversationId,
    a_turn: Callable[..., StoredTurn],
    a_message: Callable[..., Message],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    turn = a_turn(conversation_id)
    message = a_message(
        conversation_id, message_id=turn.message_id, text="How long?", cleaning={"direction": 1, "spacing": 1}
    )
    record = a_record(turn.turn_id, **EVERYTHING)
    manifest = ReleaseManifest(
        release_id=turn.release_id, components={"guards": "abc"}, snapshot_id=SnapshotId("snap_1"), composed_at=now
    )
    await database.write(lambda stores: stores.releases.put(manifest))
    found = await finish_turn(database, turn, message, record, now)

    assert found["cleaning"] == {"direction": 1, "spacing": 1}
    assert found["routes"][0]["nearest"][0]["name"] == "jobs"
    assert found["narrowed_from"] == ["members", "public"]
    assert found["limits"] == {"withhold_above": 0.5}
    retrieval = found["retrieval"]
    assert retrieval["audiences"] == ["public"]
    assert retrieval["limits"]["answer_above"] == 0.5
    assert retrieval["near_misses"][0]["cut_by"] == "limit"
    assert retrieval["signs"] == [{"name": "coverage", "value": 0.5, "weight": 3.8, "share": 1.9}]
    assert found["verdicts_out"][0]["marks"][0]["start"] == 10
    assert found["withheld"][0]["missing"] == ["free"]
    assert found["withheld"][0]["claims"][0]["evidence"] is None
    assert found["manifest"] == {
        "release_id": turn.release_id,
        "components": {"guards": "abc"},
        "snapshot_id": "snap_1",
        "composed_at": now.isoformat(),
    }


async def test_what_is_not_known_of_a_turn_is_told_as_none(
    database: Database,
    conversation_id: ConversationId,
    a_turn: Callable[..., StoredTurn],
    a_message: Callable[..., Message],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    turn = a_turn(conversation_id)
    message = a_message(conversation_id, message_id=turn.message_id, text="How long?")
    found = await finish_turn(database, turn, message, a_record(turn.turn_id), now)
    assert (found["cleaning"], found["manifest"]) == (None, None)


async def test_keeps_the_numbers_when_the_words_are_erased(
    database: Database,
    conversation_id: ConversationId,
    a_turn: Callable[..., StoredTurn],
    a_message: Callable[..., Message],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    customer = CustomerId("cust_1")

    def identify(stores: Stores) -> None:
        stores.customers.get_or_create("s", fresh=customer, at=now)
        stores.conversations.set_principal(conversation_id, Principal(subject="s", customer_id=customer))

    await database.write(identify)
    turn = a_turn(conversation_id)
    message = a_message(conversation_id, message_id=turn.message_id, text="How long?")
    await finish_turn(database, turn, message, a_record(turn.turn_id, **EVERYTHING), now)
    assert await database.write(lambda stores: stores.payloads.erase(customer, at=now)) == 3

    found = await database.read(lambda stores: stores.turns.record(turn.turn_id))
    assert found is not None
    assert [found[name] for name in ("question", "answer", "prompt", "route", "retrieval")] == [None] * 5
    assert (found["claims"][0]["risk"], found["withheld"][0]["reasons"]) == (0.05, ["unsupported"])
    assert found["attempts"][0]["input_tokens"] == 1000
    assert "How long?" not in json.dumps(found)
    kept = await database.read(lambda stores: stores.messages.get(turn.message_id))
    assert kept is not None
    assert (kept.text, kept.position) == ("", 1)


async def test_tells_what_is_known_of_a_turn_that_still_runs(
    database: Database, conversation_id: ConversationId, a_turn: Callable[..., StoredTurn]
) -> None:
    turn = a_turn(conversation_id)
    await database.write(lambda stores: stores.turns.open(turn, owner="me", lease_s=60))
    found = await database.read(lambda stores: stores.turns.record(TurnId(turn.turn_id)))
    assert found is not None
    assert (found["state"], found["outcome"], found["answer"]) == ("running", None, None)
    assert (found["timings"], found["claims"]) == ([], [])
