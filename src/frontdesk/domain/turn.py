"""The values that travel through a turn, in the order of the stages."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from frontdesk.domain.acting import ActingRecord
from frontdesk.domain.conversation import Conversation, Message, Principal
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.ids import (
    ChunkId,
    ConversationId,
    DocumentId,
    EscalationId,
    MessageId,
    ReleaseId,
    SnapshotId,
    TurnId,
)
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.safety import Verdict
from frontdesk.domain.usage import VendorAttempt


class Stage(StrEnum):
    INTAKE = "intake"
    GUARD_IN = "guard_in"
    IDENTITY = "identity"
    ROUTE = "route"
    RETRIEVE = "retrieve"
    ACT = "act"
    GENERATE = "generate"
    GROUND = "ground"
    GUARD_OUT = "guard_out"
    DELIVER = "deliver"
    RECORD = "record"


class Outcome(StrEnum):
    ANSWERED = "answered"
    CLARIFIED = "clarified"
    ACTED = "acted"
    REFUSED = "refused"
    ESCALATED = "escalated"
    FAILED = "failed"


class TurnState(StrEnum):
    QUEUED = "queued"
    """Accepted; an earlier turn of the conversation is still running."""
    RUNNING = "running"
    ENDED = "ended"


Lane = Literal["normal", "kept"]
"""`kept` turns came in a rush: they wait until nobody else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write for a turn. A commit with an older fence is refused."""

    turn_id: TurnId
    owner: str
    fence: int
    """Rises by one each time the turn changes hands; the first attempt has 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTurn:
    """An accepted message on its conversation, ready to be worked on."""

    turn_id: TurnId
    conversation_id: ConversationId
    message_id: MessageId
    text: str
    """Capped, repaired and normalised once; the guards scan it and the models get it."""
    language: str
    """ISO 639-1 of the text, or the conversation's language where the text is too short to tell."""
    channel: str
    release_id: ReleaseId
    accepted_at: datetime
    deadline_at: datetime
    lease: Lease
    attachments: int = 0
    """How many files came with the message; the text may be empty then. No stage reads them."""
    is_duplicate: bool = False
    """The idempotency key was seen before; this is the turn it opened then."""
    opened_s: float = 0.0
    """When it was accepted, on the monotonic clock of the process that works on it."""
    due_s: float = math.inf
    """When its time is up, on the same clock: wall clocks differ between machines, and step."""
    superseded_by: TurnId | None = None
    """A later message took its place: it ends without a word."""
    lane: Lane = "normal"
    party: str = ""
    """Whom fairness counts it for."""
    passed_on: int = 0
    """How often a worker that was told to stop has passed it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext:
    """What a turn knows about the conversation when it starts."""

    conversation: Conversation
    principal: Principal
    history: tuple[Message, ...]
    """Earlier messages, oldest first, without the one being answered, back to the summary."""


RouteKind = Literal["knowledge", "small_talk", "clarify", "human", "refuse", "workflow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The example that a message came closest to, whether or not that was close enough."""

    of: Literal["intent", "topic"]
    name: str
    example: str
    score: float
    """0 to 1."""
    needed: float
    """Score from which it would have counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    kind: RouteKind
    intent: str = ""
    """The intent of the assistant folder that matched; empty when none did."""
    topic: str = ""
    """The uncovered topic that matched; empty when none did."""
    confidence: float = 1.0
    """0 to 1."""
    reply: str = ""
    """A prepared text for small talk, clarification or refusal; empty where the stage after writes one."""
    disclaimer: str = ""
    """To be said before the answer, for topics whose policy is `disclaim`."""
    escalation: EscalationReason | None = None
    why: str = ""
    """One sentence for the trace."""
    nearest: tuple[Nearest, ...] = ()
    """What it was compared with, in the order it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """Other words for a part of a question; any of them says the same."""

    said: tuple[str, ...]
    """Words of the question."""
    meant: tuple[str, ...]
    """Words or short phrases."""
    kind: Literal["synonym", "correction"]
    """From the release's vocabulary, or of a typing mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """A question made self-contained."""

    text: str
    original: str
    language: str
    carried: tuple[str, ...] = ()
    """Words taken over from earlier turns."""
    rewritten_by: Literal["none", "heuristic", "model"] = "none"
    rewordings: tuple[Rewording, ...] = ()
    """Words that may stand for those of the question."""


ConfidenceLevel = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """What a search was held to: the release's settings for its language."""

    answer_above: float
    high_above: float
    dense_weight: float
    """Of the dense leg; 0 where it did not run."""
    lexical_limit: int
    dense_limit: int
    passages: int
    passage_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A chunk that was found, visible to the principal, and not used."""

    chunk_id: ChunkId
    document_id: DocumentId
    title: str
    score: float
    lexical_score: float | None
    dense_score: float | None
    lexical_rank: int | None
    dense_rank: int | None
    cut_by: Literal["limit", "far", "same_document", "duplicate", "length"]
    """Enough better ones; far below the best; enough of its document; says what a better one says; the passages were
    long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceSign:
    """One of the signs that a confidence is computed from."""

    name: str
    value: float
    weight: float
    share: float
    """What it added to the log odds: value times weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalResult:
    query: SearchQuery
    passages: tuple[Passage, ...]
    """Best first, near-duplicates removed, neighbours joined; every one is visible to the principal."""
    confidence: float
    """0 to 1: calibrated chance that the passages answer the question."""
    level: ConfidenceLevel
    degraded: tuple[str, ...] = ()
    """`lexical_only` when the dense leg did not run, and the like."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Sub-steps: rewrite, embed, lexical, dense, fuse."""
    audiences: tuple[str, ...] = ()
    """The filter that applied: what the principal may see."""
    limits: SearchLimits | None = None
    near_misses: tuple[NearMiss, ...] = ()
    """The best of what was found and not used."""
    signs: tuple[ConfidenceSign, ...] = ()
    """Their shares and `bias` add up to the log odds of the confidence; empty when nothing was found."""
    bias: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A part of an answer that states something checkable."""

    text: str
    start: int
    end: int
    """Offsets into the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The exact words of a passage that carry a claim."""

    passage: int
    """Index into the passages that were given."""
    chunk_id: ChunkId
    quote: str
    start: int
    end: int
    """Offsets into the passage's text: `passage.text[start:end] == quote`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSupport:
    claim: Claim
    risk: float
    """0 to 1: chance that the claim is NOT fully supported."""
    evidence: Evidence | None
    contradictions: tuple[str, ...] = ()
    """Reasons that alone withhold the claim: number, date, price, unit, negation, yes_no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundingReport:
    claims: tuple[ClaimSupport, ...]
    risk: float
    """0 to 1: chance that the text as a whole is not fully supported; 0 when it claims nothing."""

    def is_supported(self, threshold: float) -> bool:
        return all(claim.risk < threshold and not claim.contradictions for claim in self.claims)


SYSTEM_PREFIX = "doc_system-"
"""How the ids of what other systems said begin; what follows is the connector's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    marker: str
    """As it stands in the text, for example `1` for `[1]`."""
    document_id: DocumentId
    chunk_id: ChunkId
    title: str
    url: str
    quote: str
    snapshot_id: SnapshotId

    @property
    def is_of_system(self) -> bool:
        """Whether another system said it, of this customer, rather than a document."""
        return self.document_id.startswith(SYSTEM_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A confirmed piece of an answer, as the customer sees it."""

    index: int
    text: str
    citations: tuple[Citation, ...]
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A piece of a draft that no customer saw."""

    text: str
    stage: Literal["ground", "guard_out"]
    reasons: tuple[str, ...]
    risk: float
    claims: tuple[ClaimSupport, ...] = ()
    """What it claims, held against the passages; offsets into its own text."""
    signs: Mapping[str, float] = field(default_factory=dict)
    """What spoke for and against its riskiest claim, by the names of the grounding features."""
    missing: tuple[str, ...] = ()
    """Words of that claim that no passage has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a turn ended, as its customer sees it."""

    turn_id: TurnId
    outcome: Outcome
    text: str
    citations: tuple[Citation, ...]
    confidence: ConfidenceLevel
    degraded: tuple[str, ...]
    release_id: ReleaseId
    timings_ms: Mapping[str, float]
    escalation_id: EscalationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTiming:
    stage: Stage
    step: str
    """Sub-step, or empty for the whole stage."""
    ms: float
    """Spent in it; of a stage that runs in pieces, the sum."""
    error: str = ""
    """Code of the error the stage ended with; empty when it did its job."""
    started_ms: float | None = None
    """From the start of the attempt to its first start; below 0 before the attempt began."""
    ended_ms: float | None = None
    """To its last end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """Everything needed to explain and to replay a finished turn; written in one commit with its last event."""

    answer: Answer
    lease: Lease
    route: Route | None
    retrieval: RetrievalResult | None
    verdict_in: Verdict | None
    verdicts_out: tuple[Verdict, ...]
    sentences: tuple[Sentence, ...]
    claims: tuple[ClaimSupport, ...]
    withheld: tuple[Withheld, ...]
    prompt: str
    """The request as it was rendered for the model that answered; empty when none was asked."""
    attempts: tuple[VendorAttempt, ...]
    timings: tuple[StageTiming, ...]
    escalation_reason: EscalationReason | None = None
    routes: tuple[Route, ...] = ()
    """Every decision in its order; `route` is the last one."""
    narrowed_from: tuple[str, ...] = ()
    """What the principal may see, where the turn was not allowed to see all of it."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Thresholds that applied beside those of the search: `withhold_above`."""
    error_code: str = ""
    """Why it failed; only with outcome `failed`."""
    cached_from: TurnId | None = None
    """The turn whose answer was given again; None where this turn made its own."""
    acting: ActingRecord | None = None
    """What it did for a workflow."""
