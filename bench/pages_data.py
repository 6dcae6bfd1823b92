"""A database as a busy help desk leaves it behind, made from a seed: varied enough that every filter has work to do."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from frontdesk.domain.conversation import (
    Audiences,
    Conversation,
    ConversationStatus,
    Message,
    Origin,
    Principal,
)
from frontdesk.domain.escalation import Escalation, EscalationReason
from frontdesk.domain.events import AnswerCompleted, AnswerSentence, Event, FeedbackGiven, TurnAccepted
from frontdesk.domain.feedback import Feedback, Rating
from frontdesk.domain.ids import (
    ChunkId,
    ConversationId,
    CustomerId,
    DocumentId,
    EscalationId,
    MessageId,
    ReleaseId,
    SnapshotId,
    TurnId,
)
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.safety import Finding, FindingKind, GuardAction, Verdict
from frontdesk.domain.turn import (
    Answer,
    Citation,
    Claim,
    ClaimSupport,
    ConfidenceLevel,
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
    Withheld,
)
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.ports.stores import StoredTurn, Stores

END = datetime(2026, 6, 1, tzinfo=UTC)
"""When the newest conversation was last active."""
SPAN = timedelta(days=90)
RARE = "sousaphone"
"""A word that one conversation in two thousand uses."""
COMMON = "parcel"
"""A word of every second conversation."""
_THINGS = [
    "tent",
    "stove",
    "boots",
    "jacket",
    "rucksack",
    "kayak",
    "lantern",
    "compass",
    "hammock",
    "gloves",
    "parcel",
    "invoice",
    "voucher",
    "refund",
]
_VERBS = [
    "return",
    "exchange",
    "wash",
    "repair",
    "send",
    "pay",
    "cancel",
    "track",
    "insure",
    "resole",
    "order",
    "store",
    "measure",
]
_PLACES = ["Norway", "Austria", "Hamburg", "Sevilla", "Málaga", "Zürich", "Kraków", "Aarhus", "Trondheim", "Göteborg"]
_OPENINGS = ("How do I", "Can I", "When may I", "What does it cost to", "Is it possible to", "Who helps me to")
_LANGUAGES = ("en", "en", "en", "es", "de")
_CHANNELS = ("web_chat", "web_chat", "in_app", "voice", "email", "api")
_OUTCOMES = (
    *[Outcome.ANSWERED] * 14,
    *[Outcome.REFUSED] * 3,
    *[Outcome.CLARIFIED] * 2,
    Outcome.ESCALATED,
)
_RELEASE = ReleaseId("rel_bench")
_SNAPSHOT = SnapshotId("snap_bench")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How much there is."""

    conversations: int = 10_000
    turns: int = 3
    seed: int = 7


def fill(stores: Stores, crowd: Crowd, numbers: range) -> None:
    """Write these conversations of the crowd; a unit of work."""
    for number in numbers:
        _Story(stores, crowd, number).write()


def batches(crowd: Crowd, size: int = 200) -> Iterator[Callable[[Stores], None]]:
    for start in range(0, crowd.conversations, size):
        numbers = range(start, min(start + size, crowd.conversations))
        yield lambda stores, numbers=numbers: fill(stores, crowd, numbers)  # type: ignore[misc]


class _Story:
    """One conversation."""

    def __init__(self, stores: Stores, crowd: Crowd, number: int) -> None:
        self._stores, self._crowd, self._number = stores, crowd, number
        self._random = random.Random(crowd.seed * 1_000_003 + number)
        self._id = ConversationId.mint(f"bench{number:06d}")
        self._language = self._random.choice(_LANGUAGES)
        self._at = END - SPAN * (1 - (number + 1) / crowd.conversations)

    def write(self) -> None:
        conversation = self._conversation()
        if conversation.principal.customer_id and conversation.principal.subject:
            self._stores.customers.get_or_create(
                conversation.principal.subject, fresh=conversation.principal.customer_id, at=self._at
            )
        self._stores.conversations.create(conversation, token_hash="")
        for number in range(self._crowd.turns):
            self._turn(conversation, number)
        if self._random.random() < 0.01:
            self._hand_over()

    def _conversation(self) -> Conversation:
        is_known = self._random.random() < 0.4
        subject = f"C-{1000 + self._number % 4000}"
        principal = Principal()
        if is_known:
            principal = Principal(
                audiences=Audiences(labels=frozenset({"public", "members"})),
                subject=subject,
                customer_id=CustomerId.mint(f"bench{self._number % 4000}"),
                proof="signed_token",
            )
        origins: tuple[Origin, ...] = get_args(Origin)
        return Conversation(
            conversation_id=self._id,
            channel=self._random.choice(_CHANNELS),
            locale=self._language,
            status=ConversationStatus.ASSISTANT,
            principal=principal,
            last_seq=0,
            created_at=self._at,
            origin=self._random.choices(origins, weights=(90, 8, 2))[0],
        )

    def _turn(self, conversation: Conversation, number: int) -> None:
        stores, at = self._stores, self._at + timedelta(minutes=number)
        turn_id = TurnId.mint(f"bench{self._number:06d}n{number}")
        asked = self._message(turn_id, "customer", self._question(), at)
        stores.messages.add(asked)
        stores.turns.open(self._stored(asked, conversation, at), owner="bench", lease_s=5)
        record = self._record(turn_id, asked.text)
        accepted = TurnAccepted(turn_id=turn_id, message_id=asked.message_id, text=asked.text)
        stores.events.append(self._id, [accepted], at=at)
        answer = record.answer
        stores.messages.add(self._message(turn_id, "assistant", answer.text, at))
        *_, last = stores.events.append(self._id, [*_told(record), _completed(record)], at=at)
        stores.turns.finish(record, last_seq=last.seq, at=at + timedelta(seconds=1))
        if self._random.random() < 0.05:
            self._rate(turn_id, at)

    def _rate(self, turn_id: TurnId, at: datetime) -> None:
        ratings: tuple[Rating, ...] = ("up", "down")
        rating = self._random.choice(ratings)
        (stored,) = self._stores.events.append(self._id, [FeedbackGiven(turn_id=turn_id, rating=rating)], at=at)
        given = Feedback(conversation_id=self._id, turn_id=turn_id, rating=rating, at=at)
        self._stores.feedback.put(given, seq=stored.seq)

    def _hand_over(self) -> None:
        self._stores.escalations.open(
            Escalation(
                escalation_id=EscalationId.mint(f"bench{self._number:06d}"),
                conversation_id=self._id,
                turn_id=None,
                reason=EscalationReason.ASKED,
                queue="general",
                topic="",
                opened_at=self._at,
            )
        )
        self._stores.conversations.set_status(self._id, ConversationStatus.WAITING)

    def _question(self) -> str:
        draw = self._random
        asked = (
            f"{draw.choice(_OPENINGS)} {draw.choice(_VERBS)} the {draw.choice(_THINGS)} from {draw.choice(_PLACES)}?"
        )
        if draw.random() < 1 / 6_000:
            asked += f" It is for a {RARE}."
        return asked + f" My order is {draw.randrange(10**8):08d}." * (draw.random() < 0.3)

    def _message(self, turn_id: TurnId, role: Any, text: str, at: datetime) -> Message:
        return Message(
            message_id=MessageId.mint(f"{turn_id.partition('_')[2]}{role[0]}"),
            conversation_id=self._id,
            turn_id=turn_id,
            position=0,
            role=role,
            text=text,
            language=self._language,
            at=at,
        )

    def _stored(self, asked: Message, conversation: Conversation, at: datetime) -> StoredTurn:
        assert asked.turn_id is not None
        return StoredTurn(
            turn_id=asked.turn_id,
            conversation_id=self._id,
            message_id=asked.message_id,
            idempotency_key=asked.turn_id,
            request_hash="0" * 64,
            state=TurnState.RUNNING,
            outcome=None,
            release_id=_RELEASE,
            language=self._language,
            channel=conversation.channel,
            fence=1,
            accepted_at=at,
            deadline_at=at + timedelta(seconds=30),
            ended_at=None,
            last_seq=0,
        )

    def _record(self, turn_id: TurnId, question: str) -> TurnRecord:
        draw = self._random
        passages = tuple(_passage(draw, number) for number in range(5))
        sentences = tuple(_sentence(draw, passages, index, question) for index in range(3))
        outcome = Outcome.FAILED if draw.random() < 0.001 else draw.choice(_OUTCOMES)
        level: ConfidenceLevel = draw.choices(("high", "medium", "low"), weights=(70, 20, 10))[0]
        degraded = draw.choices(((), ("lexical_only",), ("claims_withheld",)), weights=(90, 7, 3))[0]
        text = " ".join(sentence.text for sentence in sentences)
        attempts = (_attempt(draw),)
        return TurnRecord(
            answer=Answer(
                turn_id=turn_id,
                outcome=outcome,
                text=text,
                citations=tuple(citation for sentence in sentences for citation in sentence.citations),
                confidence=level,
                degraded=degraded,
                release_id=_RELEASE,
                timings_ms={stage.value: round(draw.random() * 20, 2) for stage in Stage} | {"total": 140.0},
            ),
            lease=Lease(turn_id=turn_id, owner="bench", fence=1),
            route=Route(kind="knowledge", why="No intent or topic is close enough."),
            retrieval=RetrievalResult(
                query=SearchQuery(text=question, original=question, language=self._language),
                passages=passages,
                confidence=draw.random(),
                level=level,
                timings_ms={"rewrite": 0.1, "embed": 1.5, "lexical": 0.2, "dense": 0.6, "fuse": 0.4},
            ),
            verdict_in=Verdict(
                action=GuardAction.FLAG,
                findings=(Finding(kind=FindingKind.PERSONAL_DATA, rule="email", start=0, end=5, score=0.9),),
                text=question,
                reason="personal_data",
            ),
            verdicts_out=(Verdict(action=GuardAction.ALLOW, text=text),),
            sentences=sentences,
            claims=tuple(_claim(sentence, passages) for sentence in sentences),
            withheld=(Withheld(text="It is free.", stage="ground", reasons=("unsupported",), risk=0.9),),
            prompt="\n\n".join(passage.text for passage in passages) + question,
            attempts=attempts,
            timings=tuple(StageTiming(stage=stage, step="", ms=round(draw.random() * 20, 2)) for stage in Stage),
        )


def _told(record: TurnRecord) -> list[Event]:
    return [
        AnswerSentence(
            turn_id=record.answer.turn_id,
            index=sentence.index,
            separator=" " if sentence.index else "",
            text=sentence.text,
            citations=sentence.citations,
        )
        for sentence in record.sentences
    ]


def _completed(record: TurnRecord) -> AnswerCompleted:
    answer = record.answer
    return AnswerCompleted(
        turn_id=answer.turn_id,
        outcome=answer.outcome,
        text=answer.text,
        citations=answer.citations,
        confidence=answer.confidence,
        degraded=answer.degraded,
        release_id=answer.release_id,
        timings_ms=answer.timings_ms,
    )


def _passage(draw: random.Random, number: int) -> Passage:
    chunk_id = ChunkId(f"chunk_{draw.randrange(2_000)}")
    thing = draw.choice(_THINGS)
    return Passage(
        chunk_id=chunk_id,
        chunk_ids=(chunk_id,),
        document_id=DocumentId(f"doc_{draw.randrange(60)}"),
        title=f"About the {thing}",
        url=f"https://shop.example/help/{thing}",
        breadcrumb=("Help", f"About the {thing}"),
        language="en",
        audience="public",
        text=f"You may {draw.choice(_VERBS)} the {thing} within {draw.randrange(10, 60)} days. " * 9,
        start=0,
        score=round(3 - number * 0.4, 3),
        lexical_score=round(12 - number * 1.3, 3),
        dense_score=round(0.8 - number * 0.07, 3),
    )


def _sentence(draw: random.Random, passages: tuple[Passage, ...], index: int, question: str) -> Sentence:
    passage = passages[index]
    citation = Citation(
        marker=str(index + 1),
        document_id=passage.document_id,
        chunk_id=passage.chunk_id,
        title=passage.title,
        url=passage.url,
        quote=passage.text[:60],
        snapshot_id=_SNAPSHOT,
    )
    text = f"You may {draw.choice(_VERBS)} it within {draw.randrange(10, 60)} days, as {question[:20].lower()} says"
    return Sentence(index=index, text=f"{text}. [{index + 1}]", citations=(citation,), risk=draw.random() / 2)


def _claim(sentence: Sentence, passages: tuple[Passage, ...]) -> ClaimSupport:
    passage = passages[sentence.index]
    return ClaimSupport(
        claim=Claim(text=sentence.text, start=0, end=len(sentence.text)),
        risk=sentence.risk,
        evidence=Evidence(passage=sentence.index, chunk_id=passage.chunk_id, quote=passage.text[:60], start=0, end=60),
    )


def _attempt(draw: random.Random) -> VendorAttempt:
    return VendorAttempt(
        number=1,
        purpose="answer",
        vendor="vendor",
        model="model",
        reported_model="model-2026-01-01",
        result="ok",
        first_token_ms=210.0,
        total_ms=900.0,
        usage=Usage(input_tokens=draw.randrange(800, 1600), output_tokens=draw.randrange(20, 90)),
        cost_usd=Decimal("0.00042"),
    )


__all__ = ["COMMON", "END", "RARE", "SPAN", "Crowd", "batches", "fill"]
