"""A question, searched and routed as a customer's would be. Nothing is written, and no model is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.conversation import PUBLIC, STAFF, Audiences
from frontdesk.domain.errors import InputError
from frontdesk.domain.knowledge import Passage, SnapshotManifest
from frontdesk.domain.turn import NearMiss, RetrievalResult, Rewording
from frontdesk.server.access import Access
from frontdesk.server.pages.console.addresses import KNOWLEDGE, document_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.knowledge.listing import TRY
from frontdesk.server.pages.console.words import Tone, say_degraded, say_ms
from frontdesk.server.pages.layout import Part, lay_out
from frontdesk.server.pages.rendering import html
from frontdesk.server.reading import read_blocks
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import normalise_message
from frontdesk.turn.rehearse import Rehearsal, Road, rehearse
from frontdesk.turn.serving import ServedRelease

EVERYTHING = "everything"
_ROADS: Mapping[Road, tuple[str, Tone]] = {
    "answer": ("It would answer from these passages", "good"),
    "disclaim": ("It would answer from these passages, after a disclaimer", "good"),
    "blocked": ("It would not let the message through", "bad"),
    "human": ("It would bring in a person", "accent"),
    "clarify": ("It would ask back", "neutral"),
    "small_talk": ("It would reply with a prepared text", "neutral"),
    "refuse": ("It would say that it does not know", "warn"),
    "workflow": ("It would go on with a workflow", "accent"),
}
_CUTS: Mapping[str, str] = {
    "limit": "enough better ones",
    "far": "far below the best",
    "same_document": "enough of its document",
    "duplicate": "says what a better one says",
    "length": "the passages were long enough",
}
_STEPS = ("rewrite", "embed", "lexical", "dense", "fuse")

Choice = tuple[str, str]
"""A value and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What one leg of the search said of a passage."""

    name: str
    score: str
    """Empty when it did not return it."""
    rank: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageView:
    rank: int
    title: str
    section: str
    href: str
    language: str
    audience: str
    is_public: bool
    score: str
    legs: Sequence[Leg]
    parts: Sequence[Part]
    chunks: int
    """How many were joined into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissView:
    title: str
    href: str
    score: str
    legs: Sequence[Leg]
    why: str
    """Why it was not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    ms: float
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a search found, and how sure it is."""

    query: str
    """As it was searched."""
    rewordings: Sequence[str]
    confidence: float
    level: str
    answer_above: float
    high_above: float
    permitted: int
    """Chunks that the filter let through."""
    chunks: int
    degraded: Sequence[str]
    legs: Sequence[str]
    """Names of those that ran."""
    passages: Sequence[PassageView]
    misses: Sequence[MissView]
    steps: Sequence[Step]
    total_ms: float
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What would happen with the question."""

    road: str
    tone: Tone
    reply: str
    """What would be said in place of an answer; empty where a model writes."""
    why: Sequence[str]
    """Each decision's reason."""
    message: str
    """As the guard let it in, where that is not what was typed."""
    findings: str
    """What the guard found; empty when nothing decided."""
    language: str
    audiences: Sequence[str]
    """The filter that applied."""
    is_narrowed: bool
    """The message gives orders to the model, and so sees only what anybody may."""
    disclaimer: str
    """Said before the answer; may be empty."""
    searched: Searched | None
    """None where the road leads past the knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The form, as it was sent."""

    question: str
    language: str
    """Empty where it is read from the question."""
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TryPage:
    """All that templates/console/try.html may use."""

    frame: Frame
    knowledge: str
    action: str
    asked: Asked
    wrong: str
    """What is wrong with the question; may be empty."""
    languages: Sequence[Choice]
    audiences: Sequence[Choice]
    examples: Sequence[Choice]
    """Questions to try, with their addresses first."""
    tried: Tried | None


async def try_page(request: Request) -> Response:
    """A question box, and what became of the question in the address."""
    app = frontdesk_of(request)
    release = app.releases.serving()
    manifest, profile = release.retriever.index.manifest, release.content.profile
    asked = _read(request.query_params, profile.languages, manifest)
    wrong, tried = "", None
    if asked.question:
        try:
            tried = await _try(release, asked, app.clock.now())
        except InputError as error:
            wrong = error.public_message
    page = TryPage(
        frame=await frame_for(request, active="knowledge", title="Try a question"),
        knowledge=KNOWLEDGE,
        action=TRY,
        asked=asked,
        wrong=wrong,
        languages=[("", "as it is written"), *((code, code) for code in _languages(profile.languages, manifest))],
        audiences=_offered(manifest),
        examples=[
            (f"{TRY}?{urlencode({'q': text})}", text) for text in profile.starters.get(profile.default_language, ())
        ],
        tried=tried,
    )
    return html(request, "console/try.html", page)


async def _try(release: ServedRelease, asked: Asked, at: datetime) -> Tried:
    """Raises: InputError: nothing visible was typed, or too much."""
    text = normalise_message(asked.question)
    manifest = release.retriever.index.manifest
    language = asked.language or detect_language(text, default=release.content.profile.default_language)
    audiences = _audiences(asked.audience, manifest)
    rehearsal = await rehearse(release, text, language=language, audiences=audiences, at=at)
    last = rehearsal.routes[-1] if rehearsal.routes else None
    road, tone = _ROADS[rehearsal.road]
    return Tried(
        road=road,
        tone=tone,
        reply=_reply(release, rehearsal),
        why=[route.why for route in rehearsal.routes if route.why],
        message="" if rehearsal.verdict.text == asked.question else rehearsal.verdict.text,
        findings=rehearsal.verdict.reason.replace("_", " "),
        language=language,
        audiences=tuple(rehearsal.audiences),
        is_narrowed=rehearsal.audiences != audiences,
        disclaimer=last.disclaimer if last else "",
        searched=_searched(rehearsal.found, release, rehearsal.audiences) if rehearsal.found else None,
    )


def _reply(release: ServedRelease, rehearsal: Rehearsal) -> str:
    """What would be said where no model writes."""
    texts = release.content.profile.texts
    prepared = {
        "blocked": texts.blocked,
        "human": texts.handed_over,
        "clarify": texts.clarify,
        "small_talk": texts.greeting,
        "refuse": texts.unknown,
    }
    if rehearsal.road not in prepared:
        return ""
    said = rehearsal.routes[-1].reply if rehearsal.routes else ""
    return said or release.say(prepared[rehearsal.road], rehearsal.language)


def _searched(found: RetrievalResult, release: ServedRelease, audiences: Audiences) -> Searched:
    index, settings = release.retriever.index, release.content.retrieval
    counts = index.manifest.audiences
    has_dense = any(passage.dense_score is not None for passage in found.passages)
    return Searched(
        query=found.query.text,
        rewordings=[_rewording(rewording) for rewording in found.query.rewordings],
        confidence=found.confidence,
        level=found.level,
        answer_above=settings.answer_above,
        high_above=settings.high_above,
        permitted=sum(counts.get(label, 0) for label in audiences),
        chunks=index.manifest.chunk_count,
        degraded=[say_degraded(label) for label in found.degraded],
        passages=[_passage(number, passage, has_dense=has_dense) for number, passage in enumerate(found.passages, 1)],
        misses=[_miss(miss, has_dense=has_dense) for miss in found.near_misses],
        legs=("Words", "Meaning") if has_dense else ("Words",),
        steps=[
            Step(name=name, ms=found.timings_ms[name], time=say_ms(found.timings_ms[name]))
            for name in _STEPS
            if name in found.timings_ms
        ],
        total_ms=sum(found.timings_ms.values()),
        total=say_ms(sum(found.timings_ms.values())),
    )


def _rewording(rewording: Rewording) -> str:
    means = "is taken for" if rewording.kind == "correction" else "also"
    return f"{' '.join(rewording.said)}: {means} {', '.join(rewording.meant)}"


def _passage(number: int, passage: Passage, *, has_dense: bool) -> PassageView:
    crumbs = passage.breadcrumb[1:] if passage.breadcrumb[:1] == (passage.title,) else passage.breadcrumb
    return PassageView(
        rank=number,
        title=passage.title,
        section=" › ".join(crumbs),
        href=document_address(passage.document_id, chunk_id=passage.chunk_id),
        language=passage.language,
        audience=passage.audience,
        is_public=passage.audience == PUBLIC,
        score=f"{passage.score:.2f}",
        legs=_legs(passage, has_dense=has_dense),
        parts=lay_out(read_blocks(passage.text)),
        chunks=len(passage.chunk_ids),
    )


def _miss(miss: NearMiss, *, has_dense: bool) -> MissView:
    return MissView(
        title=miss.title,
        href=document_address(miss.document_id, chunk_id=miss.chunk_id),
        score=f"{miss.score:.2f}",
        legs=_legs(miss, has_dense=has_dense),
        why=_CUTS[miss.cut_by],
    )


def _legs(found: Passage | NearMiss, *, has_dense: bool) -> Sequence[Leg]:
    lexical, dense = found.lexical_score, found.dense_score
    words = Leg(name="Words", score="" if lexical is None else f"{lexical:.2f}", rank=found.lexical_rank)
    meaning = Leg(name="Meaning", score="" if dense is None else f"{dense:.3f}", rank=found.dense_rank)
    return (words, meaning) if has_dense else (words,)


def _read(query: Mapping[str, str], spoken: Sequence[str], manifest: SnapshotManifest) -> Asked:
    language, audience = query.get("language", ""), query.get("audience", "")
    return Asked(
        question=query.get("q", "").strip(),
        language=language if language in _languages(spoken, manifest) else "",
        audience=audience if audience in dict(_offered(manifest)) else PUBLIC,
    )


def _languages(spoken: Sequence[str], manifest: SnapshotManifest) -> Sequence[str]:
    return sorted({*spoken, *manifest.languages})


def _offered(manifest: SnapshotManifest) -> Sequence[Choice]:
    segments = [label for label in sorted(manifest.audiences) if label not in (PUBLIC, STAFF)]
    staff = [(STAFF, "staff")] if STAFF in manifest.audiences else []
    return [(PUBLIC, "anybody"), *((label, label) for label in segments), *staff, (EVERYTHING, "everything there is")]


def _audiences(wanted: str, manifest: SnapshotManifest) -> Audiences:
    """Whoever belongs to a segment also sees what anybody sees."""
    labels = manifest.audiences if wanted == EVERYTHING else (wanted,)
    return Audiences(labels=frozenset({PUBLIC, *labels}))


OPERATIONS = (
    Operation(method="GET", path=TRY, access=Access.CONSOLE, handler=try_page, tag="Console", is_listed=False),
)
