"""Which answers may be kept, and under which key."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from builders import NOW, a_release
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.ids import ChunkId, ConversationId, DocumentId, MessageId, ReleaseId, SnapshotId, TurnId
from frontdesk.domain.safety import Finding, FindingKind, GuardAction, Verdict
from frontdesk.domain.turn import (
    Answer,
    Citation,
    Lease,
    OpenTurn,
    Outcome,
    RetrievalResult,
    SearchQuery,
    Sentence,
    TurnContext,
    TurnRecord,
    Withheld,
)
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.turn.keeping import kept_answer, key_of, same_question, shared_audiences
from frontdesk.turn.serving import ServedRelease

TURN = TurnId("turn_1")
QUESTION = "How long can I return unused items?"
CITATION = Citation(
    marker="1",
    document_id=DocumentId("doc_returns"),
    chunk_id=ChunkId("chunk_returns"),
    title="Returns",
    url="",
    quote="You can return unused items within 30 days.",
    snapshot_id=SnapshotId("snap_1"),
)
ANSWER = Answer(
    turn_id=TURN,
    outcome=Outcome.ANSWERED,
    text="Within 30 days. [1]\n\nAnything else?",
    citations=(CITATION,),
    confidence="high",
    degraded=(),
    release_id=ReleaseId("rel_1"),
    timings_ms={},
)
QUERY = SearchQuery(text=QUESTION, original=QUESTION, language="en")
FOUND = RetrievalResult(query=QUERY, passages=(), confidence=0.9, level="high", timings_ms={"fuse": 1.0})
ATTEMPT = VendorAttempt(
    number=1,
    purpose="answer",
    vendor="acme",
    model="large",
    reported_model="",
    result="ok",
    first_token_ms=1.0,
    total_ms=2.0,
    usage=Usage(),
    cost_usd=Decimal(0),
)
CLEAN = Verdict(action=GuardAction.ALLOW, text=QUESTION)
FINDING = Finding(kind=FindingKind.PERSONAL_DATA, rule="email_address", start=0, end=5, score=0.9)
RECORD = TurnRecord(
    answer=ANSWER,
    lease=Lease(turn_id=TURN, owner="me", fence=1),
    route=None,
    retrieval=FOUND,
    verdict_in=CLEAN,
    verdicts_out=(Verdict(action=GuardAction.ALLOW, text=ANSWER.text),),
    sentences=(
        Sentence(index=0, text="Within 30 days. [1]", citations=(CITATION,), risk=0.1),
        Sentence(index=1, text="Anything else?", citations=(), risk=0.0),
    ),
    claims=(),
    withheld=(),
    prompt="…",
    attempts=(ATTEMPT,),
    timings=(),
)


def test_a_sure_answer_with_sources_is_kept_as_it_was_told() -> None:
    kept = kept_answer(RECORD)
    assert kept is not None
    assert [(before, sentence.text) for before, sentence in kept.pieces()] == [
        ("", "Within 30 days. [1]"),
        ("\n\n", "Anything else?"),
    ]
    assert kept.documents == {CITATION.document_id}


def test_no_word_of_whoever_asked_is_kept() -> None:
    kept = kept_answer(RECORD)
    assert kept is not None
    assert QUESTION not in repr(kept)
    found = kept.found_for("how long can I return unused items")
    assert found.query.text == found.query.original == "how long can I return unused items"
    assert found.timings_ms == {}


def answering(**changes: Any) -> Mapping[str, Any]:
    return {"answer": replace(ANSWER, **changes)}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(answering(outcome=Outcome.REFUSED), id="not an answer"),
        pytest.param(answering(confidence="medium"), id="unsure"),
        pytest.param(answering(citations=()), id="without a source"),
        pytest.param(answering(degraded=("model_fallback",)), id="degraded"),
        pytest.param(answering(text="Within 30 days. [1]"), id="sentences that are not the answer"),
        pytest.param(answering(text="Surely! Within 30 days. [1]\n\nAnything else?"), id="words that are no sentence"),
        pytest.param({"withheld": (Withheld(text="x", stage="ground", reasons=(), risk=1.0),)}, id="withheld"),
        pytest.param({"narrowed_from": ("members", "public")}, id="narrowed rights"),
        pytest.param({"escalation_reason": EscalationReason.ASKED}, id="handed over"),
        pytest.param({"retrieval": None}, id="nothing searched"),
        pytest.param({"retrieval": replace(FOUND, query=replace(QUERY, rewritten_by="model"))}, id="rewritten"),
        pytest.param({"verdicts_out": ()}, id="not guarded"),
        pytest.param(
            {"verdicts_out": (Verdict(action=GuardAction.ALLOW, text="", findings=(FINDING,)),)}, id="findings"
        ),
        pytest.param({"attempts": ()}, id="no model asked"),
        pytest.param({"attempts": (replace(ATTEMPT, vendor="frontdesk"),)}, id="quoted"),
        pytest.param({"attempts": (replace(ATTEMPT, vendor="python"),)}, id="of one's own function"),
        pytest.param({"attempts": (replace(ATTEMPT, purpose="rewrite"),)}, id="only a rewrite"),
        pytest.param({"attempts": (replace(ATTEMPT, result="cut"),)}, id="broken off"),
    ],
)
def test_an_answer_with_anything_amiss_is_not_kept(changes: Mapping[str, Any]) -> None:
    assert kept_answer(replace(RECORD, **changes)) is None


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> ServedRelease:
    letter = {"ada.md": "---\ntitle: Letter\naudience: customer:ada\n---\n\nDear Ada, your late return is agreed.\n"}
    members = {"members.md": "---\ntitle: Club\naudience: members\n---\n\nMembers have 60 days to return things.\n"}
    everybody = {"returns.md": "---\ntitle: Returns\n---\n\nYou can return unused items within 30 days.\n"}
    return a_release(tmp_path_factory.mktemp("keeping"), articles={**letter, **members, **everybody})


def a_turn(**changes: Any) -> OpenTurn:
    turn = OpenTurn(
        turn_id=TURN,
        conversation_id=ConversationId("conv_1"),
        message_id=MessageId("msg_1"),
        text=QUESTION,
        language="en",
        channel="web_chat",
        release_id=ReleaseId("rel_1"),
        accepted_at=NOW,
        deadline_at=NOW,
        lease=RECORD.lease,
    )
    return replace(turn, **changes)


def a_context(principal: Principal | None = None, **changes: Any) -> TurnContext:
    conversation = Conversation(
        conversation_id=ConversationId("conv_1"),
        channel="web_chat",
        locale="en",
        status=ConversationStatus.ASSISTANT,
        principal=principal or Principal(),
        last_seq=1,
        created_at=NOW,
    )
    history = changes.pop("history", ())
    conversation = replace(conversation, **changes)
    return TurnContext(conversation=conversation, principal=conversation.principal, history=history)


def a_customer(subject: str, *segments: str) -> Principal:
    labels = frozenset({"public", f"customer:{subject}", *segments})
    return Principal(audiences=Audiences(labels=labels), subject=subject, proof="signed_token")


EARLIER = Message(
    message_id=MessageId("msg_0"),
    conversation_id=ConversationId("conv_1"),
    turn_id=None,
    position=1,
    role="customer",
    text="Hello",
    language="en",
    at=NOW,
)


def test_a_first_message_without_findings_has_a_key_that_does_not_tell_the_question(release: ServedRelease) -> None:
    key = key_of(a_turn(), a_context(), release, CLEAN)
    assert key is not None
    assert "return" not in repr(key)
    assert key.audiences == ("public",)
    assert key == key_of(
        a_turn(text="how long  can I return unused items"),
        a_context(),
        release,
        _verdict_of("how long  can I return unused items"),
    )


def _verdict_of(text: str) -> Verdict:
    return replace(CLEAN, text=text)


@pytest.mark.parametrize(
    ("turn", "context", "verdict"),
    [
        pytest.param(a_turn(attachments=1), a_context(), CLEAN, id="a file"),
        pytest.param(a_turn(), a_context(history=(EARLIER,)), CLEAN, id="earlier messages"),
        pytest.param(a_turn(), a_context(summary="customer: Hello"), CLEAN, id="a summary of them"),
        pytest.param(
            a_turn(), a_context(forked_from=ConversationId("conv_0")), CLEAN, id="another conversation's past"
        ),
        pytest.param(a_turn(), a_context(), replace(CLEAN, findings=(FINDING,)), id="a finding that is allowed"),
        pytest.param(a_turn(), a_context(), replace(CLEAN, action=GuardAction.FLAG), id="a guard that failed"),
        pytest.param(a_turn(), a_context(), replace(CLEAN, text="[e-mail removed]"), id="a masked text"),
        pytest.param(a_turn(), a_context(a_customer("ada")), CLEAN, id="somebody a document is about"),
    ],
)
def test_a_message_that_may_be_personal_has_no_key(
    release: ServedRelease, turn: OpenTurn, context: TurnContext, verdict: Verdict
) -> None:
    assert key_of(turn, context, release, verdict) is None


def test_a_proved_customer_of_whom_no_document_tells_shares_with_others_of_the_same_segments(
    release: ServedRelease,
) -> None:
    assert shared_audiences(Principal(), release) == ("public",)
    assert shared_audiences(a_customer("ben"), release) == ("public",)
    assert shared_audiences(a_customer("ben", "members"), release) == ("members", "public")
    assert shared_audiences(a_customer("ada"), release) is None
    assert shared_audiences(a_customer("ada", "members"), release) is None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("How long?", "how long", True),
        ("  How\tlong ?", "How long", True),
        ("How long?!", "How long…", True),
        ("Do you ship to US?", "Do you ship to us?", False),
        ("Is it 5.0?", "Is it 50?", False),
        ("Is it -5?", "Is it 5?", False),
        ("Can I?", "Can't I?", False),
        ("resume", "résumé", False),
    ],
)
def test_only_what_says_nothing_may_differ(one: str, other: str, is_same: bool) -> None:
    assert (same_question(one) == same_question(other)) is is_same
