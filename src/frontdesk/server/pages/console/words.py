"""How the console says what the data says: one word and one tone for each thing, on every page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from frontdesk.domain.conversation import ConversationStatus, Origin
from frontdesk.domain.feedback import FeedbackReason, Rating
from frontdesk.domain.turn import ConfidenceLevel, Outcome, Stage

Tone = Literal["neutral", "good", "warn", "bad", "accent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    text: str
    tone: Tone = "neutral"


OUTCOMES: Mapping[str, Badge] = {
    Outcome.ANSWERED: Badge(text="answered", tone="good"),
    Outcome.CLARIFIED: Badge(text="asked back"),
    Outcome.ACTED: Badge(text="acted", tone="good"),
    Outcome.REFUSED: Badge(text="refused", tone="warn"),
    Outcome.ESCALATED: Badge(text="handed over", tone="accent"),
    Outcome.FAILED: Badge(text="failed", tone="bad"),
}
STATUSES: Mapping[str, str] = {
    ConversationStatus.ASSISTANT: "with the assistant",
    ConversationStatus.WAITING: "waiting for a person",
    ConversationStatus.OPERATOR: "with a person",
    ConversationStatus.CLOSED: "closed",
}
ORIGINS: Mapping[str, str] = {"customer": "a customer", "simulated": "simulated", "staff": "staff trying it out"}
DEGRADED: Mapping[str, str] = {
    "lexical_only": "searched by words only",
    "retrieval_unavailable": "knowledge not reached",
    "generation_failed": "no model answered",
    "model_fallback": "another model answered",
    "extractive_fallback": "passages quoted instead",
    "grounding_failed": "claims not checked",
    "claims_withheld": "claims withheld",
    "uncited": "no source",
    "answer_blocked": "answer blocked",
    "rights_narrowed": "rights narrowed",
    "guard_in_failed": "guard failed",
    "route_failed": "routing failed",
    "draft_length": "draft cut off",
    "draft_filter": "draft cut by the model's filter",
    "shortened_request": "request shortened",
    "budget_denied": "no money left for a model",
    "budget_small_model": "smaller model, to save",
    "budget_short_context": "shorter request, to save",
    "budget_extractive": "passages quoted, to save",
    "judge_inconclusive": "second reader gave no verdict",
    "superseded": "overtaken by the next message",
}
REASONS: Mapping[str, str] = {
    FeedbackReason.WRONG: "wrong",
    FeedbackReason.UNCLEAR: "unclear",
    FeedbackReason.INCOMPLETE: "incomplete",
    FeedbackReason.OUTDATED: "outdated",
    FeedbackReason.NOT_MY_QUESTION: "not what was asked",
    FeedbackReason.TONE: "tone",
}
ESCALATIONS: Mapping[str, str] = {
    "asked": "the customer asked for a person",
    "uncertain": "several questions in a row had no answer",
    "policy": "the topic belongs to people",
    "risk": "the message was risky",
    "failure": "the turn, or a system it needed, failed",
}
STAGES: Mapping[str, str] = {
    Stage.INTAKE: "Intake",
    Stage.GUARD_IN: "Guard in",
    Stage.IDENTITY: "Identity",
    Stage.ROUTE: "Route",
    Stage.RETRIEVE: "Retrieve",
    Stage.ACT: "Act",
    Stage.GENERATE: "Generate",
    Stage.GROUND: "Ground",
    Stage.GUARD_OUT: "Guard out",
    Stage.DELIVER: "Deliver",
    Stage.RECORD: "Record",
}
PROOFS: Mapping[str, str] = {"none": "not proved", "signed_token": "a signed token", "staff_key": "a staff key"}
CHANNELS: Mapping[str, str] = {
    "web_chat": "web chat",
    "in_app": "in the app",
    "voice": "voice",
    "email": "e-mail",
    "api": "API",
}


def outcome_badge(outcome: str | None, *, is_running: bool) -> Badge:
    if outcome is None:
        return Badge(text="answering…" if is_running else "no answer yet")
    return OUTCOMES.get(outcome) or Badge(text=say(outcome))


def confidence_badge(level: ConfidenceLevel | None) -> tuple[Badge, ...]:
    """Only what deserves a look."""
    return (Badge(text="low confidence", tone="warn"),) if level == "low" else ()


def degraded_badges(labels: Iterable[str], *, most: int = 2) -> tuple[Badge, ...]:
    said = [Badge(text=say_degraded(label)) for label in labels]
    if len(said) > most:
        return (*said[:most], Badge(text=f"+{len(said) - most}"))
    return tuple(said)


def rating_badge(rating: Rating) -> tuple[Badge, ...]:
    ratings: Mapping[str, Badge] = {
        "down": Badge(text="rated unhelpful", tone="bad"),
        "up": Badge(text="rated helpful", tone="good"),
    }
    return (ratings[rating],) if rating in ratings else ()


def origin_badge(origin: Origin) -> tuple[Badge, ...]:
    return () if origin == "customer" else (Badge(text="simulated" if origin == "simulated" else "by staff"),)


def waiting_badge(status: str, since: datetime | None, now: datetime) -> tuple[Badge, ...]:
    if status != ConversationStatus.WAITING:
        return ()
    waited = "" if since is None else f" · {short_span((now - since).total_seconds())}"
    return (Badge(text=f"waiting for a person{waited}", tone="accent"),)


def say_degraded(label: str) -> str:
    return DEGRADED.get(label) or say(label)


def say(label: str) -> str:
    """A label of the data as words."""
    return label.replace("_", " ")


def short_span(seconds: float) -> str:
    """A waiting time at a glance: 40 s, 12 min, 3 h, 2 d."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def say_ms(ms: float | None) -> str:
    """A duration with three figures: 0.42 ms, 12.3 ms, 1.24 s."""
    if ms is None:
        return "–"
    if ms >= 1_000:
        return f"{ms / 1_000:.2f} s"
    return f"{ms:.0f} ms" if ms >= 100 else f"{ms:.1f} ms" if ms >= 10 else f"{ms:.2f} ms"


def say_media(media_type: str) -> str:
    known = {"application/pdf": "PDF", "text/plain": "text"}
    return known.get(media_type) or media_type.partition("/")[2].upper()


def say_bytes(count: int) -> str:
    for size, unit in ((1_000_000, "MB"), (1_000, "kB")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
