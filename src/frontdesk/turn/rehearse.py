"""What a turn would do with a question, up to the point where a model is asked. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences, Conversation, ConversationStatus, Principal
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.safety import Verdict
from frontdesk.domain.turn import RetrievalResult, Route, TurnContext
from frontdesk.turn.serving import ServedRelease

Road = Literal["answer", "disclaim", "blocked", "human", "clarify", "small_talk", "refuse", "workflow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The stages before the model, as the pipeline would go through them."""

    language: str
    verdict: Verdict
    audiences: Audiences
    """What was searched; narrower than asked for where the message gives orders to the model."""
    routes: tuple[Route, ...]
    """Decisions in their order; none where the message is blocked."""
    found: RetrievalResult | None
    """None where the road leads past the knowledge."""
    road: Road
    """`answer` and `disclaim` lead to a model; the others end here."""


async def rehearse(
    release: ServedRelease, text: str, *, language: str, audiences: Audiences, at: datetime
) -> Rehearsal:
    """
    Args:
        text: normalised as a message is.
        language: ISO 639-1.
    """
    verdict = release.guard.check_inbound(text)
    allowed = PUBLIC_ONLY if verdict.is_public_only else audiences
    if verdict.is_blocked:
        return Rehearsal(language=language, verdict=verdict, audiences=allowed, routes=(), found=None, road="blocked")
    first = await release.router.route(verdict.text, language=language, context=_nobody(language, allowed, at))
    routes: tuple[Route, ...] = (first,)
    found = None
    if first.kind == "knowledge":
        found = await release.retriever.retrieve(verdict.text, language=language, history=(), audiences=allowed)
        if found.level == "low" or not found.passages:
            uncovered = await release.router.uncovered(
                verdict.text, language=language, unanswered_before=0, level=found.level
            )
            routes = (first, uncovered)
    return Rehearsal(
        language=language,
        verdict=verdict,
        audiences=allowed,
        routes=routes,
        found=found,
        road=_road(routes[-1], found),
    )


def _nobody(language: str, audiences: Audiences, at: datetime) -> TurnContext:
    """A conversation in which nothing was said yet."""
    principal = Principal(audiences=audiences)
    conversation = Conversation(
        conversation_id=ConversationId.mint("rehearsal"),
        channel="web_chat",
        locale=language,
        status=ConversationStatus.ASSISTANT,
        principal=principal,
        last_seq=0,
        created_at=at,
    )
    return TurnContext(conversation=conversation, principal=principal, history=())


def _road(route: Route, found: RetrievalResult | None) -> Road:
    if route.kind != "knowledge":
        return route.kind
    if found is None or not found.passages:
        return "refuse"
    return "disclaim" if route.disclaimer else "answer"
