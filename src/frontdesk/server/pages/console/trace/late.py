"""The stages after the search: generate, ground, guard out, deliver, record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import document_address
from frontdesk.server.pages.console.trace.marked import MarkTone, Piece, Span, around, mark
from frontdesk.server.pages.console.trace.record import Fields, Record, number
from frontdesk.server.pages.console.words import Badge

NEAR = 0.5
"""Share of the risk that withholds a claim from which it is shown as close; an answer is not called certain from there."""
_RESULTS: Mapping[str, Badge] = {
    "ok": Badge(text="ok", tone="good"),
    "429": Badge(text="too many requests (429)", tone="bad"),
    "5xx": Badge(text="server error (5xx)", tone="bad"),
    "timeout_fb": Badge(text="no first token in time", tone="bad"),
    "timeout_idle": Badge(text="fell silent", tone="bad"),
    "cut": Badge(text="broke off", tone="bad"),
    "garbage": Badge(text="unreadable reply", tone="bad"),
    "filter": Badge(text="stopped by the vendor's filter", tone="bad"),
    "ctx": Badge(text="request too long", tone="bad"),
    "auth": Badge(text="key refused", tone="bad"),
    "refused": Badge(text="refused", tone="bad"),
    "cancelled": Badge(text="cancelled", tone="warn"),
}
_CLASHES: Mapping[str, str] = {
    "unsupported": "no passage carries it",
    "number": "a number differs",
    "date": "a date differs",
    "price": "a price differs",
    "unit": "a unit differs",
    "negation": "one denies what the other says",
    "yes_no": "yes against no",
    "grounding_failed": "it could not be checked",
    "judged_unsupported": "the second reader does not find it in the passages",
    "judge_inconclusive": "the second reader gave no verdict",
    "withdrawn": "its document was withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request to a model."""

    number: int
    purpose: str
    vendor: str
    model: str
    reported: str
    """As the vendor named it, where that is another name."""
    result: Badge
    first_token: str
    total: str
    input_tokens: str
    output_tokens: str
    cached_tokens: str
    cost: str
    is_hedge: bool
    """It was asked beside another one that was slow."""
    is_estimated: bool
    """The tokens are our count; the vendor did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    prompt: str
    passages_share: str
    """How much of the prompt its passages are; empty where that is not known."""
    attempts: Sequence[Attempt]
    is_passed_over: bool
    """A model further up was not even asked: it had failed too often shortly before, or had no time left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    text: str
    """Empty where it was erased."""
    risk: float
    tone: MarkTone
    clashes: tuple[str, ...]
    evidence: Sequence[Piece]
    """The words that carry it, with what stands about them; empty where there are none."""
    title: str
    """Of the document."""
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldPiece:
    """What was drafted and no customer saw."""

    text: str
    stage: str
    reasons: tuple[str, ...]
    risk: float
    claims: Sequence[Claim]
    signs: Sequence[tuple[str, str]]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    claims: Sequence[Claim]
    withheld: Sequence[WithheldPiece]
    threshold: float | None
    answer: Sequence[Piece]
    """What was said, its claims marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    value: str
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """For stages of which there is little to tell."""

    items: Sequence[Fact]


def read_generation(record: Record) -> Generation | None:
    attempts = [_attempt(one) for one in record.rows("attempts")]
    prompt = record.text("prompt")
    if not attempts and not prompt:
        return None
    fell = {"model_fallback", "extractive_fallback"} & {*record.words("degraded")}
    has_failed = any(row.get("result") != "ok" for row in record.rows("attempts"))
    return Generation(
        prompt=prompt,
        passages_share=_passages_share(prompt, record.passages),
        attempts=attempts,
        is_passed_over=bool(fell) and not has_failed,
    )


def _passages_share(prompt: str, passages: Sequence[Fields]) -> str:
    """Of the passages that stand in the prompt, as they are or as JSON has them."""
    texts = [str(one.get("text") or "") for one in passages]
    sent = [found for text in texts if text for found in (text, json.dumps(text, ensure_ascii=False)[1:-1])]
    length = sum(len(found) for found in dict.fromkeys(sent) if found in prompt)
    return f"{length / len(prompt):.0%}" if length else ""


def _attempt(found: Fields) -> Attempt:
    result, model = str(found["result"]), str(found["model"])
    usage = found.get("usage") or found
    reported = str(found.get("reported_model") or "")
    return Attempt(
        number=int(found["number"]),
        purpose=str(found["purpose"]),
        vendor=str(found["vendor"]),
        model=model,
        reported=reported if reported != model else "",
        result=_RESULTS.get(result) or Badge(text=result, tone="bad"),
        first_token=words.say_ms(number(found.get("first_token_ms"))),
        total=words.say_ms(float(found["total_ms"])),
        input_tokens=f"{usage.get('input_tokens', 0):,}",
        output_tokens=f"{usage.get('output_tokens', 0):,}",
        cached_tokens=f"{usage.get('cached_tokens', 0):,}",
        cost=say_cost(found.get("cost_usd")),
        is_hedge=bool(found.get("is_hedge")),
        is_estimated=bool(found.get("is_estimated")),
    )


def read_grounding(record: Record) -> Grounding | None:
    """None where nothing was drafted."""
    claims = [_claim(one, record) for one in record.rows("claims")]
    withheld = [_withheld(one, record) for one in record.rows("withheld")]
    if not claims and not withheld and record.spent_ms("ground") is None:
        return None
    return Grounding(
        claims=claims,
        withheld=withheld,
        threshold=record.withhold_above,
        answer=_marked_answer(record),
    )


def _marked_answer(record: Record) -> Sequence[Piece]:
    spans = []
    for support in record.rows("claims"):
        claim = support.get("claim")
        if claim:
            risk = float(support["risk"])
            title = f"claim, risk {risk:.2f}"
            spans.append(
                Span(start=int(claim["start"]), end=int(claim["end"]), tone=_tone(support, record), title=title)
            )
    return mark(record.answer_text, spans) if record.answer_text else ()


def _tone(support: Fields, record: Record) -> MarkTone:
    threshold = record.withhold_above or 0.5
    if support.get("contradictions") or float(support["risk"]) >= threshold:
        return "bad"
    return "warn" if float(support["risk"]) > NEAR * threshold else "good"


def _claim(support: Fields, record: Record) -> Claim:
    evidence = support.get("evidence") or {}
    place = evidence.get("passage")
    passages = record.passages
    passage: Fields = passages[place] if isinstance(place, int) and place < len(passages) else {}
    return Claim(
        text=str((support.get("claim") or {}).get("text") or ""),
        risk=float(support["risk"]),
        tone=_tone(support, record),
        clashes=tuple(_CLASHES.get(str(one), words.say(str(one))) for one in support.get("contradictions") or ()),
        evidence=_evidence(evidence, passage),
        title=str(passage.get("title") or ""),
        href=document_address(
            str(passage["document_id"]), chunk_id=str(evidence["chunk_id"]), said=str(evidence["quote"])
        )
        if passage
        else "",
    )


def _evidence(evidence: Fields, passage: Fields) -> Sequence[Piece]:
    if not evidence:
        return ()
    if not passage:
        return (Piece(text=str(evidence["quote"]), tone="good"),)
    return around(str(passage["text"]), int(evidence["start"]), int(evidence["end"]))


def _withheld(piece: Fields, record: Record) -> WithheldPiece:
    return WithheldPiece(
        text=str(piece.get("text") or ""),
        stage=words.STAGES.get(str(piece["stage"]), str(piece["stage"])),
        reasons=tuple(_CLASHES.get(str(reason), words.say(str(reason))) for reason in piece.get("reasons") or ()),
        risk=float(piece["risk"]),
        claims=[_claim(claim, record) for claim in piece.get("claims") or ()],
        signs=[(words.say(name), f"{value:.2f}") for name, value in (piece.get("signs") or {}).items()],
        missing=tuple(piece.get("missing") or ()),
    )


def read_delivery(record: Record) -> Facts:
    events = record.part("events")
    first, last = events.get("first_seq"), events.get("last_seq")
    sentences = len(record.rows("sentences"))
    degraded = ", ".join(words.say_degraded(label) for label in record.words("degraded"))
    return Facts(
        items=[
            Fact(label="Events", value="none" if first is None else f"{first} to {last} of the conversation's log"),
            Fact(
                label="Confirmed sentences",
                value=str(sentences) if record.fields.get("sentences") is not None else "not kept",
            ),
            Fact(label="Not as it should be", value=degraded or "nothing"),
        ]
    )


def read_recording(record: Record) -> Facts:
    manifest = record.part("manifest")
    components: Mapping[str, str] = manifest.get("components") or {}
    escalation = record.text("escalation_reason")
    return Facts(
        items=[
            Fact(label="Turn", value=record.text("turn_id"), is_code=True),
            Fact(label="Message", value=record.text("message_id"), is_code=True),
            Fact(label="Release", value=record.text("release_id"), is_code=True),
            *(
                [Fact(label="Snapshot", value=str(manifest["snapshot_id"]), is_code=True)]
                if manifest.get("snapshot_id")
                else []
            ),
            *(Fact(label=f"of it {name}", value=digest[:16], is_code=True) for name, digest in components.items()),
            *([Fact(label="Handed over", value=words.ESCALATIONS.get(escalation, escalation))] if escalation else []),
            *(
                [Fact(label="Error", value=record.text("error_code"), is_code=True)]
                if record.text("error_code")
                else []
            ),
        ]
    )


def say_cost(cost: object) -> str:
    """A price in dollars with two figures that tell something."""
    if cost is None:
        return "–"
    amount = Decimal(str(cost))
    if amount == 0:
        return "$0"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.6f}".rstrip("0")
