"""A customer asks for a person, or an operator is brought in, outside of any turn."""

from dataclasses import dataclass, replace

from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.errors import ConflictError, NotFoundError
from frontdesk.domain.escalation import Escalation, EscalationReason
from frontdesk.domain.ids import ConversationId, EscalationId
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.stores import Database, Stores
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.acting.collecting import collect
from frontdesk.turn.record import open_escalation
from frontdesk.turn.serving import ServedRelease
from frontdesk.turn.write_back.marking import mark_for_write_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    escalation: Escalation
    status: ConversationStatus
    text: str
    """What happens next, in the conversation's language."""
    is_new: bool


async def hand_over(
    database: Database,
    release: ServedRelease,
    conversation_id: ConversationId,
    *,
    clock: Clock,
    tokens: TokenSource,
    telemetry: Telemetry,
) -> Handover:
    """Give the conversation to people at once, because its customer asked; asking again changes nothing.

    A turn that is running ends silently: its next commit finds the conversation handed over.

    Raises:
        NotFoundError: no such conversation.
        ConflictError: it has ended.
    """
    fresh = Escalation(
        escalation_id=EscalationId.mint(tokens.token()),
        conversation_id=conversation_id,
        turn_id=None,
        reason=EscalationReason.ASKED,
        queue=release.content.escalation.queue,
        topic="",
        opened_at=clock.now(),
    )
    handover = await database.write(lambda stores: _open_once(stores, fresh, release))
    if handover.is_new:
        telemetry.escalation(reason=fresh.reason, queue=fresh.queue)
    return handover


def _open_once(stores: Stores, fresh: Escalation, release: ServedRelease) -> Handover:
    conversation = stores.conversations.get(fresh.conversation_id)
    if conversation is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    if conversation.status is ConversationStatus.CLOSED:
        raise ConflictError("This conversation has ended. Start a new one.", field="conversation_id")
    text = release.say(release.content.profile.texts.handed_over, conversation.locale.partition("-")[0])
    earlier = stores.escalations.open_on(fresh.conversation_id)
    if earlier is not None and conversation.status is not ConversationStatus.ASSISTANT:
        return Handover(escalation=earlier, status=conversation.status, text=text, is_new=False)
    event = open_escalation(stores, _with_collected(stores, fresh, release), text=text)
    stores.events.append(fresh.conversation_id, [event], at=fresh.opened_at)
    mark_for_write_back(stores, fresh.conversation_id, release.content.write_back, is_handed_over=True)
    opened = stores.escalations.open_on(fresh.conversation_id) or fresh
    return Handover(escalation=opened, status=ConversationStatus.WAITING, text=text, is_new=True)


def _with_collected(stores: Stores, fresh: Escalation, release: ServedRelease) -> Escalation:
    """The escalation with what a workflow had found out, where one is under way."""
    runs = stores.workflow_runs.open_of(fresh.conversation_id)
    if not runs:
        return fresh
    effects = stores.effects.of_run(runs[0].run_id)
    why = "The customer asked for a person."
    language = release.content.profile.default_language
    return replace(fresh, collected=collect(runs[0], release.connectors, why=why, effects=effects, language=language))
