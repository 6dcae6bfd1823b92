"""The retrieve stage: what was searched, under which filter and limits, what was found and what it was worth."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import document_address
from frontdesk.server.pages.console.trace.marked import Piece, Span, mark
from frontdesk.server.pages.console.trace.record import Fields, Record, number

_SIGNS: Mapping[str, str] = {
    "coverage": "share of the question in the best passage",
    "names": "names and numbers of the question it lacks",
    "margin": "lead of the first passage over the fifth",
    "length": "length of the question",
    "cosine": "closeness in meaning",
    "contrast": "closer in meaning than others",
}
_CUTS: Mapping[str, str] = {
    "limit": "enough better ones",
    "far": "far below the best",
    "same_document": "enough of its document",
    "duplicate": "says what a better one says",
    "length": "the passages were long enough",
}
_REWRITERS: Mapping[str, str] = {
    "none": "searched as it was asked",
    "heuristic": "words carried over by rule",
    "model": "reworded by a model",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    said: str
    meant: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    asked: str
    searched: str
    how: str
    carried: tuple[str, ...]
    rewordings: Sequence[Rewording]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One of what the confidence is computed from."""

    name: str
    about: str
    value: str
    weight: str
    adds: str
    share: float
    """What it added to the log odds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    chance: float
    """0 to 1."""
    level: str
    answer_above: float | None
    high_above: float | None
    signs: Sequence[Sign]
    bias: str
    largest: float
    """The largest share, for the scale of the bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A score, and the place it gave; empty where the leg did not return it."""

    score: str
    rank: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRow:
    rank: int
    title: str
    breadcrumb: tuple[str, ...]
    href: str
    score: str
    lexical: Leg
    dense: Leg
    audience: str
    language: str
    chunks: tuple[str, ...]
    pieces: Sequence[Piece]
    """Its text; what carries a claim is marked."""
    cited: int
    """Claims that it carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissRow:
    title: str
    href: str
    score: str
    lexical: Leg
    dense: Leg
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    query: Query
    audiences: tuple[str, ...]
    limits: Sequence[Limit]
    confidence: Confidence
    passages: Sequence[PassageRow]
    misses: Sequence[MissRow]
    degraded: tuple[str, ...]
    steps: Sequence[Limit]
    """Time per step, where only its length was recorded."""


def read_search(record: Record) -> Search | None:
    """None where nothing was searched, or what was is not kept any more."""
    found = record.retrieval
    if not found:
        return None
    has_offsets = any(row.get("step") for row in record.timings("retrieve"))
    steps = {} if has_offsets else found.get("timings_ms") or {}
    return Search(
        query=_query(found["query"]),
        audiences=tuple(found.get("audiences") or ()),
        limits=_limits(found.get("limits") or {}),
        confidence=_confidence(found),
        passages=_passages(record),
        misses=[_miss(one) for one in found.get("near_misses") or ()],
        degraded=tuple(words.say_degraded(label) for label in found.get("degraded") or ()),
        steps=[Limit(label=words.say(name), value=words.say_ms(ms)) for name, ms in steps.items()],
    )


def _query(query: Fields) -> Query:
    return Query(
        asked=str(query.get("original") or ""),
        searched=str(query.get("text") or ""),
        how=_REWRITERS.get(str(query.get("rewritten_by")), ""),
        carried=tuple(query.get("carried") or ()),
        rewordings=[
            Rewording(said=" ".join(one["said"]), meant=" · ".join(one["meant"]), kind=str(one["kind"]))
            for one in query.get("rewordings") or ()
        ],
    )


def _limits(limits: Fields) -> Sequence[Limit]:
    """Beside the thresholds, which stand with the confidence."""
    said = {
        "dense_weight": "weight of meaning",
        "lexical_limit": "candidates by words",
        "dense_limit": "candidates by meaning",
        "passages": "passages at most",
        "passage_tokens": "tokens at most",
    }
    return [Limit(label=label, value=f"{limits[name]:g}") for name, label in said.items() if name in limits]


def _confidence(found: Fields) -> Confidence:
    limits = found.get("limits") or {}
    signs = [_sign(one) for one in found.get("signs") or ()]
    bias = number(found.get("bias"))
    return Confidence(
        chance=float(found.get("confidence") or 0.0),
        level=str(found.get("level") or ""),
        answer_above=number(limits.get("answer_above")),
        high_above=number(limits.get("high_above")),
        signs=signs,
        bias="" if bias is None or not signs else _signed(bias),
        largest=max((abs(sign.share) for sign in signs), default=1.0) or 1.0,
    )


def _sign(found: Fields) -> Sign:
    name, share = str(found["name"]), float(found["share"])
    return Sign(
        name=name,
        about=_SIGNS.get(name, ""),
        value=f"{float(found['value']):.2f}",
        weight=_signed(float(found["weight"])),
        adds=_signed(share),
        share=share,
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-0.00", "0.00").replace("+0.00", "0.00").replace("-", "−")


def _passages(record: Record) -> Sequence[PassageRow]:
    carried: defaultdict[int, list[Span]] = defaultdict(list)
    for claim in record.rows("claims"):
        evidence = claim.get("evidence")
        if evidence:
            span = Span(start=int(evidence["start"]), end=int(evidence["end"]), tone="good", title="carries a claim")
            carried[int(evidence["passage"])].append(span)
    return [_passage(place, passage, carried[place]) for place, passage in enumerate(record.passages)]


def _passage(place: int, passage: Fields, carried: Sequence[Span]) -> PassageRow:
    return PassageRow(
        rank=place + 1,
        title=str(passage["title"]),
        breadcrumb=tuple(passage.get("breadcrumb") or ())[1:],
        href=document_address(str(passage["document_id"]), chunk_id=str(passage["chunk_id"])),
        score=f"{float(passage['score']):.2f}",
        lexical=_leg(passage, "lexical"),
        dense=_leg(passage, "dense"),
        audience=str(passage.get("audience") or ""),
        language=str(passage.get("language") or ""),
        chunks=tuple(passage.get("chunk_ids") or (passage["chunk_id"],)),
        pieces=mark(str(passage["text"]), carried),
        cited=len(carried),
    )


def _miss(miss: Fields) -> MissRow:
    return MissRow(
        title=str(miss["title"]),
        href=document_address(str(miss["document_id"]), chunk_id=str(miss["chunk_id"])),
        score=f"{float(miss['score']):.2f}",
        lexical=_leg(miss, "lexical"),
        dense=_leg(miss, "dense"),
        why=_CUTS.get(str(miss["cut_by"]), words.say(str(miss["cut_by"]))),
    )


def _leg(found: Fields, name: str) -> Leg:
    score, rank = number(found.get(f"{name}_score")), found.get(f"{name}_rank")
    return Leg(score="" if score is None else f"{score:.2f}", rank="" if rank is None else f"{rank}.")
