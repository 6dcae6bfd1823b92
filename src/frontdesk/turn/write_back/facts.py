"""What a conversation has to tell the customer's record: read once, whole, for every source that a field may name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from frontdesk.domain.conversation import Conversation, Message
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.listing import TurnSummary
from frontdesk.domain.turn import Outcome
from frontdesk.ports.stores import Stores
from frontdesk.turn.guards import Guard

Fact = str | int | datetime | tuple[str, ...] | None
_TELLING: Sequence[Outcome] = (
    Outcome.ESCALATED,
    Outcome.ACTED,
    Outcome.ANSWERED,
    Outcome.CLARIFIED,
    Outcome.REFUSED,
    Outcome.FAILED,
)
_ROLES: Mapping[str, str] = {"customer": "Customer", "assistant": "Assistant", "operator": "Staff"}
MAX_FACT_CHARS = 50_000
"""Of a transcript, a guess; a field has its own bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFacts:
    """The facts by the names of `domain.write_back.SOURCES`, but those of the record itself."""

    conversation_id: ConversationId
    seq: int
    """The newest event they know of."""
    values: Mapping[str, Fact] = field(default_factory=dict)


def gather(stores: Stores, conversation_id: ConversationId, guard: Guard, *, console: str) -> ConversationFacts | None:
    """Everything that is to be told of it, personal data masked by the guard; None where there is no such conversation.

    Part of a unit of work that writes nothing.
    """
    conversation = stores.conversations.get(conversation_id)
    if conversation is None:
        return None
    messages = stores.messages.history(conversation_id, after=0, before=None)
    values: dict[str, Fact] = {
        **_about(conversation, messages, console),
        **_turned_out(stores, conversation_id),
        **_said(conversation, messages, _masking(guard)),
        **_escalated(stores, conversation_id),
        **_rated(stores, conversation_id, _masking(guard)),
        **_run(stores.write_backs.runs_of(conversation_id)),
    }
    if values["escalation.at"] is not None:  # handed over outside of any turn, for example
        values["outcome"] = Outcome.ESCALATED.value
    values["subjects"] = (*_names(values["workflows"]), *_names(values["topics"]))
    return ConversationFacts(conversation_id=conversation_id, seq=conversation.last_seq, values=values)


def _names(fact: Fact) -> tuple[str, ...]:
    return fact if isinstance(fact, tuple) else ()


def _masking(guard: Guard) -> Callable[[str], str]:
    """What a customer wrote, as the assistant's models were shown it."""
    return guard.let_in


def _about(conversation: Conversation, messages: Sequence[Message], console: str) -> Mapping[str, Fact]:
    languages = dict.fromkeys(message.language for message in messages if message.role == "customer")
    link = f"{console.rstrip('/')}/console/conversations/{conversation.conversation_id}" if console else ""
    return {
        "conversation.id": conversation.conversation_id,
        "conversation.link": link,
        "conversation.channel": conversation.channel,
        "conversation.status": conversation.status.value,
        "conversation.started_at": conversation.created_at,
        "conversation.ended_at": messages[-1].at if messages else conversation.created_at,
        "conversation.languages": tuple(languages),
        "customer.subject": conversation.principal.subject,
        "customer.id": conversation.principal.customer_id,
    }


def _turned_out(stores: Stores, conversation_id: ConversationId) -> Mapping[str, Fact]:
    turns = [turn for turn in stores.turns.list_of(conversation_id) if turn.outcome is not None]
    outcomes = [turn.outcome for turn in turns if turn.outcome is not None]
    routes = [route for turn in turns if (route := _route(stores, turn))]
    return {
        "conversation.turns": len(turns),
        "outcome": next((one.value for one in _TELLING if one in outcomes), None),
        "outcomes": _each_once(one.value for one in outcomes),
        "topics": _each_once(route.get("topic") or "" for route in routes),
        "intents": _each_once(route.get("intent") or "" for route in routes),
    }


def _route(stores: Stores, turn: TurnSummary) -> Mapping[str, str]:
    record = stores.turns.record(turn.turn_id) or {}
    return record.get("route") or {}


def _said(conversation: Conversation, messages: Sequence[Message], mask: Callable[[str], str]) -> Mapping[str, Fact]:
    """An erased message is empty, and told of by nothing."""
    lines = [
        (message.role, mask(message.text) if message.role == "customer" else message.text)
        for message in messages
        if message.text
    ]
    first = next((text for role, text in lines if role == "customer"), None)
    last = next((text for role, text in reversed(lines) if role != "customer"), None)
    newest = [
        next((line for line in reversed(lines) if (line[0] == "customer") is wanted), None) for wanted in (True, False)
    ]
    told = [conversation.summary, *(_line(*line) for line in newest if line)]
    return {
        "question": first,
        "answer": last,
        "summary": "\n".join(filter(None, told)) or None,
        "transcript": "\n".join(_line(role, text) for role, text in lines)[:MAX_FACT_CHARS] or None,
    }


def _line(role: str, text: str) -> str:
    return f"{_ROLES[role]}: {text}"


def _escalated(stores: Stores, conversation_id: ConversationId) -> Mapping[str, Fact]:
    escalation = stores.write_backs.escalation_of(conversation_id)
    if escalation is None:
        return dict.fromkeys(("escalation.reason", "escalation.queue", "escalation.at"))
    return {
        "escalation.reason": escalation.reason.value,
        "escalation.queue": escalation.queue,
        "escalation.at": escalation.opened_at,
    }


def _rated(stores: Stores, conversation_id: ConversationId, mask: Callable[[str], str]) -> Mapping[str, Fact]:
    turns = [turn for turn in stores.turns.list_of(conversation_id) if turn.rating != "none"]
    ratings = {turn.rating for turn in turns}
    given = [one for turn in turns if (one := stores.feedback.get(turn.turn_id)) and one.comment]
    newest = max(given, key=lambda one: one.at, default=None)
    return {
        "feedback.rating": next((rating for rating in ("down", "up") if rating in ratings), "none"),
        "feedback.reasons": _each_once(reason.value for turn in turns for reason in turn.reasons),
        "feedback.comment": None if newest is None else mask(newest.comment),
    }


def _run(runs: Sequence[tuple[str, str]]) -> Mapping[str, Fact]:
    """Runs are given as workflow and status, oldest first."""
    return {
        "workflows": _each_once(workflow for workflow, _ in runs),
        "workflow.last": runs[-1][0] if runs else None,
        "workflow.status": runs[-1][1] if runs else None,
        "workflow.ends": tuple(f"{workflow}: {status}" for workflow, status in runs),
    }


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))
