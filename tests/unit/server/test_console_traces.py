"""The trace of a turn: whole records, odd ones, and those of which little is left."""

import html
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.events import TurnAccepted
from frontdesk.domain.ids import (
    ChunkId,
    ConversationId,
    CustomerId,
    DocumentId,
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
    Evidence,
    Lease,
    Outcome,
    RetrievalResult,
    Rewording,
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
from frontdesk.server.pages.console.trace.marked import Span, around, mark
from frontdesk.server.pages.console.trace.record import Record
from frontdesk.server.pages.console.trace.waterfall import draw

TURN, MESSAGE = TurnId("turn_1"), MessageId("msg_1")
QUESTION = "Is delivery free? Write to ada@example.org"
ANSWER = "Parcels take two days. [1]"
HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(2)> `x` \u202egnp"

PASSAGE = Passage(
    chunk_id=ChunkId("chunk_1"),
    chunk_ids=(ChunkId("chunk_1"), ChunkId("chunk_2")),
    document_id=DocumentId("doc_1"),
    title="Delivery times",
    url="",
    breadcrumb=("Delivery times", "Standard"),
    language="en",
    audience="members",
    text="Parcels take two days. Delivery costs 4.90 EUR.",
    start=0,
    score=2.31,
    lexical_score=7.52,
    dense_score=None,
)
FOUND = RetrievalResult(
    query=SearchQuery(
        text="Is delivery free? parcel",
        original=QUESTION,
        language="en",
        carried=("parcel",),
        rewritten_by="heuristic",
        rewordings=(Rewording(said=("free",), meant=("no charge",), kind="synonym"),),
    ),
    passages=(PASSAGE,),
    confidence=0.62,
    level="medium",
    timings_ms={"lexical": 0.4},
)
CLAIM = ClaimSupport(
    claim=Claim(text="Parcels take two days.", start=0, end=22),
    risk=0.05,
    evidence=Evidence(passage=0, chunk_id=ChunkId("chunk_1"), quote="two days", start=13, end=21),
)
WHOLE = TurnRecord(
    answer=Answer(
        turn_id=TURN,
        outcome=Outcome.ANSWERED,
        text=ANSWER,
        citations=(
            Citation(
                marker="1",
                document_id=DocumentId("doc_1"),
                chunk_id=ChunkId("chunk_1"),
                title="Delivery times",
                url="",
                quote="two days",
                snapshot_id=SnapshotId("snap_1"),
            ),
        ),
        confidence="medium",
        degraded=("claims_withheld",),
        release_id=ReleaseId("rel_1"),
        timings_ms={"total": 1234.0, "first_confirmed": 321.0},
    ),
    lease=Lease(turn_id=TURN, owner="me", fence=1),
    route=Route(kind="knowledge", why="No intent or topic is close enough."),
    retrieval=FOUND,
    verdict_in=Verdict(
        action=GuardAction.MASK,
        findings=(Finding(kind=FindingKind.PERSONAL_DATA, rule="email_address", start=27, end=42, score=0.9),),
        text="Is delivery free? Write to [e-mail removed]",
        reason="personal_data",
    ),
    verdicts_out=(Verdict(action=GuardAction.ALLOW, text=ANSWER),),
    sentences=(Sentence(index=0, text=ANSWER, citations=(), risk=0.05),),
    claims=(CLAIM,),
    withheld=(Withheld(text="It is free.", stage="ground", reasons=("price",), risk=0.97),),
    prompt="Answer from the passages only.",
    attempts=(
        VendorAttempt(
            number=1,
            purpose="answer",
            vendor="acme",
            model="large",
            reported_model="large-2026",
            result="timeout_fb",
            first_token_ms=None,
            total_ms=2000.0,
            usage=Usage(input_tokens=1200, output_tokens=0),
            cost_usd=Decimal("0.0012"),
        ),
        VendorAttempt(
            number=2,
            purpose="answer",
            vendor="acme",
            model="small",
            reported_model="small",
            result="ok",
            first_token_ms=200.5,
            total_ms=900.25,
            usage=Usage(input_tokens=1200, output_tokens=50),
            cost_usd=None,
        ),
    ),
    timings=(
        StageTiming(stage=Stage.GUARD_IN, step="", ms=0.5),
        StageTiming(stage=Stage.IDENTITY, step="", ms=0.1),
        StageTiming(stage=Stage.ROUTE, step="", ms=0.4),
        StageTiming(stage=Stage.RETRIEVE, step="", ms=3.5),
        StageTiming(stage=Stage.GENERATE, step="", ms=900.0),
        StageTiming(stage=Stage.GROUND, step="", ms=4.0, error="unexpected"),
        StageTiming(stage=Stage.GUARD_OUT, step="", ms=1.0),
        StageTiming(stage=Stage.DELIVER, step="", ms=2.0),
    ),
)


@dataclass(frozen=True)
class Shown:
    """A trace page, as its reader sees it."""

    page: str

    @property
    def words(self) -> str:
        return _words(self.page)

    def chapter(self, key: str) -> str:
        found = re.search(rf'<section class="chapter[ \w]*" id="{key}".*?</section>', self.page, re.DOTALL)
        assert found, key
        return _words(found[0])


def _words(markup: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", markup).split()))


async def show(
    desk: Any,
    record: TurnRecord | None,
    *,
    question: str = QUESTION,
    principal: Principal | None = None,
    erase: bool = False,
) -> Shown:
    """Store a turn with this record, still running without one, and open its trace."""
    await desk.app.database.write(
        lambda stores: _store(stores, record, question, principal or Principal(), desk.app.clock.now(), erase=erase)
    )
    response = await desk.client.get(f"/console/turns/{TURN}", headers=desk.staff)
    assert response.status_code == 200, response.text
    return Shown(response.text)


def _store(
    stores: Stores, record: TurnRecord | None, question: str, principal: Principal, at: datetime, *, erase: bool
) -> None:
    customer = CustomerId("cust_1")
    if principal.subject:
        stores.customers.get_or_create(principal.subject, fresh=customer, at=at)
        principal = replace(principal, customer_id=customer)
    conversation_id = ConversationId("conv_1")
    conversation = Conversation(
        conversation_id=conversation_id,
        channel="web_chat",
        locale="de-AT",
        status=ConversationStatus.ASSISTANT,
        principal=principal,
        last_seq=0,
        created_at=at,
    )
    stores.conversations.create(conversation, token_hash="")
    message = Message(
        message_id=MESSAGE,
        conversation_id=conversation_id,
        turn_id=TURN,
        position=0,
        role="customer",
        text=question,
        language="en",
        at=at,
    )
    stores.messages.add(message)
    turn = StoredTurn(
        turn_id=TURN,
        conversation_id=conversation_id,
        message_id=MESSAGE,
        idempotency_key="k",
        request_hash="",
        state=TurnState.RUNNING,
        outcome=None,
        release_id=ReleaseId("rel_1"),
        language="en",
        channel="web_chat",
        fence=1,
        accepted_at=at,
        deadline_at=at,
        ended_at=None,
        last_seq=0,
    )
    stores.turns.open(turn, owner="me", lease_s=60)
    accepted = TurnAccepted(turn_id=TURN, message_id=MESSAGE, text=question)
    (event,) = stores.events.append(conversation_id, [accepted], at=at)
    if record is not None:
        stores.turns.finish(record, last_seq=event.seq, at=at)
    if erase:
        stores.payloads.erase(customer, at=at)


def ended(outcome: Outcome, **changes: Any) -> TurnRecord:
    """A turn that ended without searching, unless changed."""
    text = changes.pop("text", "I don't know.")
    answer = replace(WHOLE.answer, outcome=outcome, text=text, citations=(), confidence="low", degraded=())
    nothing: dict[str, Any] = {
        "answer": replace(answer, timings_ms={"total": 0.5}),
        "route": None,
        "retrieval": None,
        "verdict_in": None,
        "verdicts_out": (),
        "sentences": (),
        "claims": (),
        "withheld": (),
        "prompt": "",
        "attempts": (),
        "timings": (),
    }
    return replace(WHOLE, **(nothing | changes))


async def test_a_whole_record_is_told_stage_by_stage(desk: Any) -> None:
    shown = await show(desk, WHOLE)
    assert QUESTION in shown.chapter("intake")
    guard = shown.chapter("guard_in")
    assert "Masked: personal data." in guard
    assert "ada@example.org" in guard
    assert "email_address" in guard
    assert "[e-mail removed]" in guard
    assert "No intent or topic is close enough." in shown.chapter("route")
    search = shown.chapter("retrieve")
    for told in ("Is delivery free? parcel", "free → no charge", "62 %", "Delivery times", "7.52", "2.31", "members"):
        assert told in search
    draft = shown.chapter("generate")
    for told in ("no first token in time", "called itself large-2026", "900 ms", "1,200", "$0.0012", "passages only"):
        assert told in draft
    ground = shown.chapter("ground")
    for told in ("Parcels take two days.", "two days", "0.05", "It is free.", "a price differs", "0.97"):
        assert told in ground
    assert "failed" in ground
    for told in ("1.23 s", "321 ms", "$0.0012", "2,450", "2,400 in, 50 out", "rel_1", "snap_1"):
        assert told in shown.words


async def test_the_diagnosis_stands_first_and_marks_its_stage(desk: Any) -> None:
    shown = await show(desk, WHOLE)
    cause = re.search(r'<p class="where">.*?<a href="#(\w+)">', shown.page)
    assert cause
    assert shown.page.index('class="cause') < shown.page.index("Where the time went")
    assert "decided how it ended" in shown.chapter(cause[1])
    assert shown.page.count("decided how it ended") == 1


async def test_stages_that_did_not_run_say_so_in_a_line(desk: Any) -> None:
    blocked = ended(
        Outcome.REFUSED,
        verdict_in=Verdict(action=GuardAction.BLOCK, text="x", reason="abuse"),
        timings=(StageTiming(stage=Stage.GUARD_IN, step="", ms=0.5),),
    )
    shown = await show(desk, blocked)
    for key in ("identity", "route", "retrieve", "generate", "ground", "guard_out"):
        assert shown.chapter(key).endswith("It did not run: the road ended at guard in.")
    assert "Blocked: abuse." in shown.chapter("guard_in")


@pytest.mark.parametrize(
    "record",
    [
        None,
        ended(Outcome.FAILED, text="Sorry."),
        ended(Outcome.ESCALATED, text="", escalation_reason=None),
        ended(Outcome.ESCALATED, escalation_reason=EscalationReason.ASKED, route=Route(kind="human")),
        ended(Outcome.CLARIFIED, route=Route(kind="clarify", reply="Which order?")),
        replace(WHOLE, route=None),
        replace(WHOLE, retrieval=None),
        replace(WHOLE, verdict_in=None, verdicts_out=()),
        replace(WHOLE, claims=(replace(CLAIM, evidence=None, contradictions=("date",)),)),
        replace(WHOLE, timings=()),
        replace(WHOLE, answer=replace(WHOLE.answer, timings_ms={})),
        replace(WHOLE, withheld=(Withheld(text="", stage="guard_out", reasons=("secret",), risk=1.0),)),
    ],
    ids=[
        "still running",
        "failed",
        "silent",
        "handed over",
        "asked back",
        "no route",
        "no search",
        "no verdict",
        "no evidence",
        "no timings",
        "no total",
        "blocked on the way out",
    ],
)
async def test_every_kind_of_record_has_a_page(desk: Any, record: TurnRecord | None) -> None:
    shown = await show(desk, record)
    assert ("Decided in" in shown.words) is (record is not None)
    assert "None" not in re.sub(r"\bNone\b of", "", shown.words)


async def test_a_running_turn_says_what_is_not_known_yet_and_stays_live(desk: Any) -> None:
    shown = await show(desk, None)
    assert "Not known before the turn has ended." in shown.chapter("retrieve")
    assert 'hx-sse:connect="/console/conversations/conv_1/live?after=1"' in shown.page
    ended_turn = Shown(shown.page)
    assert QUESTION in ended_turn.words


async def test_htmx_gets_what_changes_alone(desk: Any) -> None:
    await show(desk, None)
    headers = {**desk.staff, "HX-Request": "true", "HX-Target": "div#trace"}
    response = await desk.client.get(f"/console/turns/{TURN}", headers=headers)
    assert response.text.lstrip().startswith('<div id="trace"')


async def test_an_erased_turn_keeps_its_numbers_and_none_of_its_words(desk: Any) -> None:
    principal = Principal(subject="ada", proof="signed_token")
    shown = await show(desk, WHOLE, principal=principal, erase=True)
    for words in (QUESTION, "ada@example.org", "passages only", "It is free.", "Parcels take"):
        assert words not in shown.words
    assert "Erased on request" in shown.words
    assert "0.05" in shown.chapter("ground")
    assert "1.23 s" in shown.words
    assert "Copy as a command" not in shown.words


async def test_hostile_words_are_harmless_wherever_they_stand(desk: Any) -> None:
    passage = replace(PASSAGE, title=HOSTILE, text=HOSTILE * 3, breadcrumb=(HOSTILE, HOSTILE), audience=HOSTILE)
    record = replace(
        WHOLE,
        answer=replace(WHOLE.answer, text=HOSTILE, degraded=(HOSTILE,)),
        route=Route(kind="refuse", intent=HOSTILE, reply=HOSTILE, why=HOSTILE, disclaimer=HOSTILE),
        retrieval=replace(FOUND, query=SearchQuery(text=HOSTILE, original=HOSTILE, language="en"), passages=(passage,)),
        claims=(replace(CLAIM, claim=Claim(text=HOSTILE, start=0, end=9)),),
        withheld=(Withheld(text=HOSTILE, stage="ground", reasons=(HOSTILE,), risk=0.9),),
        prompt=HOSTILE,
        attempts=(replace(WHOLE.attempts[0], vendor=HOSTILE, model=HOSTILE, reported_model=HOSTILE),),
    )
    shown = await show(desk, record, question="<script>alert(1)</script> 'quoted' $(reboot) `id`")
    assert not re.search(r"<script>|<img|<[^>]*\son\w+=|<[^>]*\sstyle=", shown.page)
    assert HOSTILE.replace("`", "") in html.unescape(shown.page).replace("`", "")


async def test_long_texts_and_many_passages_are_all_there(desk: Any) -> None:
    passages = tuple(replace(PASSAGE, title=f"Passage {number:03}", text="word " * 400) for number in range(200))
    record = replace(WHOLE, retrieval=replace(FOUND, passages=passages), prompt="p" * 60_000)
    shown = await show(desk, record, question="long " * 1_599)
    assert "Passage 199" in shown.chapter("retrieve")
    assert "60,000 characters" in shown.words
    title = re.search(r"<h1>(.*?)</h1>", shown.page, re.DOTALL)
    assert title
    assert len(_words(title[1])) <= 120


async def test_says_how_much_of_a_prompt_its_passages_are(desk: Any) -> None:
    passages = (replace(PASSAGE, text="One.\n\nTwo."), replace(PASSAGE, text="Not sent."))
    prompt = json.dumps({"system": "x" * 60, "user": "One.\n\nTwo."}, indent=1)
    shown = await show(desk, replace(WHOLE, retrieval=replace(FOUND, passages=passages), prompt=prompt))
    assert f"{len(prompt)} characters, {12 / len(prompt):.0%} of them passages" in shown.chapter("generate")


async def test_an_answer_given_again_is_told_with_the_search_behind_it_and_without_a_model(desk: Any) -> None:
    timings = (
        StageTiming(stage=Stage.GUARD_IN, step="", ms=0.5),
        StageTiming(stage=Stage.IDENTITY, step="", ms=0.1),
        StageTiming(stage=Stage.ROUTE, step="cache", ms=0.01),
        StageTiming(stage=Stage.DELIVER, step="", ms=2.0),
    )
    answer = replace(WHOLE.answer, degraded=(), confidence="high")
    found = replace(FOUND, level="high", confidence=0.9)
    record = replace(
        WHOLE,
        answer=answer,
        retrieval=found,
        withheld=(),
        attempts=(),
        prompt="",
        timings=timings,
        cached_from=TurnId("turn_earlier"),
    )
    shown = await show(desk, record)
    assert "The same question had been answered before" in shown.words
    assert "Given again from turn_earlier" in shown.words
    assert PASSAGE.title in shown.chapter("retrieve")
    assert "It did not run: an answer was given again." in shown.chapter("generate")
    assert "did not run" not in shown.chapter("ground")


async def test_the_command_asks_the_same_and_nothing_else(desk: Any) -> None:
    question = "Does 'free' mean $(reboot) `id` \" or \n -- --help?"
    shown = await show(desk, WHOLE, question=question)
    command = html.unescape(re.findall(r'<pre class="command"[^>]*>(.*?)</pre>', shown.page, re.DOTALL)[0])
    assert _shell_words(command)[:4] == ["frontdesk", "ask", "--locale", "de-AT"]
    assert _shell_words(command)[-1] == question
    assert _shell_words(command)[-2] == "--"


def _shell_words(command: str) -> list[str]:
    return shlex.split(command, comments=True)


async def test_a_customers_rights_are_told_to_whoever_repeats_the_question(desk: Any) -> None:
    principal = Principal(
        subject="ada", proof="signed_token", audiences=Audiences(labels=frozenset({"public", "members"}))
    )
    shown = await show(desk, WHOLE, principal=principal)
    assert "ada" in shown.chapter("identity")
    assert "members" in shown.chapter("identity")
    assert "--identity-token" in shown.chapter("again")


async def test_the_record_is_there_as_json(desk: Any) -> None:
    shown = await show(desk, WHOLE)
    address = re.findall(r'href="(/console/turns/turn_1/record\.json)"', shown.page)[0]
    response = await desk.client.get(address, headers=desk.staff)
    assert response.headers["content-type"] == "application/json"
    record = json.loads(response.text)
    assert (record["turn_id"], record["question"]) == (TURN, QUESTION)
    assert record["diagnosis"]["stage"] in {stage.value for stage in Stage}


@pytest.mark.parametrize("path", ["/console/turns/turn_x", "/console/turns/turn_x/record.json"])
async def test_who_is_not_signed_in_sees_no_trace(desk: Any, path: str) -> None:
    assert (await desk.client.get(path, headers={"Accept": "text/html"})).status_code == 303
    assert (await desk.client.get(path, headers={"Accept": "application/json"})).status_code == 401


@pytest.mark.parametrize("turn_id", ["turn_none", "nonsense", "conv_1", "turn_%3Cscript%3E"])
async def test_a_turn_that_is_not_there_is_said_so(desk: Any, turn_id: str) -> None:
    response = await desk.client.get(f"/console/turns/{turn_id}", headers={**desk.staff, "Accept": "text/html"})
    assert response.status_code == 404
    assert "There is no such turn." in response.text


# -- marks and times -----------------------------------------------------------------------------------


def test_marks_keep_the_whole_text_and_the_heavier_tone() -> None:
    spans = [Span(start=2, end=6, tone="warn"), Span(start=4, end=8, tone="bad", title="secret")]
    pieces = mark("0123456789", spans)
    assert "".join(piece.text for piece in pieces) == "0123456789"
    assert [(piece.text, piece.tone) for piece in pieces] == [
        ("01", ""),
        ("23", "warn"),
        ("4567", "bad"),
        ("89", ""),
    ]


@pytest.mark.parametrize("span", [(-1, 3), (5, 5), (7, 3), (99, 120)])
def test_marks_that_lie_outside_the_text_are_left_out(span: tuple[int, int]) -> None:
    assert [
        (piece.text, piece.tone) for piece in mark("0123456789", [Span(start=span[0], end=span[1], tone="bad")])
    ] == [("0123456789", "")]
    assert mark("", [Span(start=0, end=1, tone="bad")]) == ()


def test_evidence_stands_among_whole_words() -> None:
    text = "one two three four five six seven eight nine ten"
    pieces = around(text, 19, 23, chars=12)
    assert [piece.text for piece in pieces] == [
        "…three four ".replace("three four", "three four"),
        "five",
        " six seven…",
    ]


def _timed(*rows: tuple[str, str, float, float | None]) -> Record:
    def row(stage: str, step: str, ms: float, started: float | None) -> Mapping[str, Any]:
        end = None if started is None else started + ms
        return {"stage": stage, "step": step, "ms": ms, "error": "", "started_ms": started, "ended_ms": end}

    return Record({"timings": [row(*one) for one in rows], "timings_ms": {"total": 10.0}})


def _bars(record: Record) -> Sequence[tuple[str, float, float]]:
    found = draw(record)
    assert found is not None
    return [(bar.label, round(bar.start, 2), round(bar.length, 2)) for bar in found.bars]


def test_bars_stand_where_their_stage_began_and_steps_below_it() -> None:
    record = _timed(
        ("intake", "wait", 4.0, -4.0),
        ("retrieve", "lexical", 1.0, 1.5),
        ("guard_in", "", 1.0, 0.0),
        ("retrieve", "", 3.0, 1.0),
        ("route", "uncovered", 1.0, 5.0),
        ("route", "", 0.5, 0.9),
    )
    assert _bars(record) == [
        ("waiting to be worked on", 0.0, 4.0),
        ("Guard in", 4.0, 1.0),
        ("Route", 4.9, 0.5),
        ("policy for what is not covered", 9.0, 1.0),
        ("Retrieve", 5.0, 3.0),
        ("words", 5.5, 1.0),
    ]


def test_without_offsets_stages_stand_one_after_the_other() -> None:
    record = _timed(("guard_in", "", 1.0, None), ("retrieve", "", 3.0, None), ("retrieve", "embed", 2.0, None))
    found = draw(record)
    assert found is not None
    assert found.has_offsets is False
    assert _bars(record) == [("Guard in", 0.0, 1.0), ("Retrieve", 1.0, 3.0), ("embedding", 1.0, 2.0)]


def test_no_times_no_waterfall() -> None:
    assert draw(Record({})) is None
