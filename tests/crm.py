"""A small customer record system for tests: it fails as it is told to, and writes down every change it made."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from frontdesk.domain.connector import (
    ArgumentSpec,
    CallFailure,
    CallResult,
    FailureKind,
    FieldSpec,
    OperationSpec,
    Row,
    Value,
)
from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.events import AnswerCompleted
from frontdesk.domain.ids import ConversationId, CustomerId, MessageId, ReleaseId, TurnId
from frontdesk.domain.release import GuardPolicy
from frontdesk.domain.safety import FindingKind, GuardAction
from frontdesk.domain.turn import Answer, Lease, Outcome, Route, TurnRecord, TurnState
from frontdesk.domain.write_back import FieldRule, WriteBack
from frontdesk.ports.stores import Database, StoredTurn, Stores
from frontdesk.turn.guards import Guard
from frontdesk.turn.write_back import Target

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
CHOICES = ("ANSWERED", "HANDED_OVER", "REFUSED")

How = Literal["ok", "before", "after"]
"""Whether a failure comes before the change or after it."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FailureKind
    comes: Literal["before", "after"] = "before"
    details: Mapping[str, str] = field(default_factory=dict)


def specs(*, keeps_keys: bool = True, read_back: str = "") -> tuple[OperationSpec, ...]:
    """What the system does for us."""
    save = OperationSpec(
        connector="crm",
        name="save",
        title={"en": "the CRM"},
        kind="effect",
        arguments=(
            ArgumentSpec(name="id", type="id"),
            ArgumentSpec(name="customer", type="id"),
            ArgumentSpec(name="outcome", type="choice", choices=CHOICES),
            ArgumentSpec(name="started", type="time"),
            ArgumentSpec(name="subject", type="text", max_chars=80),
            ArgumentSpec(name="tags", type="text", is_required=False),
            ArgumentSpec(name="note", type="text", max_chars=2000, is_required=False),
            ArgumentSpec(name="turns", type="number", is_required=False),
            ArgumentSpec(name="digest", type="text", is_required=False),
        ),
        fields=(FieldSpec(name="record_id", type="id"),),
        keeps_keys=keeps_keys,
        read_back=read_back,
    )
    find = OperationSpec(
        connector="crm",
        name="find",
        title={"en": "the CRM"},
        kind="read",
        arguments=(ArgumentSpec(name="key", type="text"),),
        fields=(FieldSpec(name="record_id", type="id"),),
    )
    return save, find


RULES = WriteBack(
    operation="crm.save",
    reference="record_id",
    fields={
        "id": FieldRule(source="conversation.id"),
        "customer": FieldRule(source="customer.subject", required=True),
        "outcome": FieldRule(
            source="outcome", values={"answered": "ANSWERED", "escalated": "HANDED_OVER", "refused": "REFUSED"}
        ),
        "started": FieldRule(source="conversation.started_at"),
        "subject": FieldRule(text="Chat about {topics}", max_chars=80),
        "tags": FieldRule(source="topics", values={"returns": "RET", "shipping": "SHIP"}, join=";"),
        "note": FieldRule(source="transcript", max_chars=2000),
        "turns": FieldRule(source="conversation.turns"),
        "digest": FieldRule(source="record.digest"),
    },
)
GUARD = Guard(GuardPolicy(inbound={FindingKind.PERSONAL_DATA: GuardAction.MASK}, outbound={}))


class SmallCrm:
    """Implements `ports.connectors.Connector`. `faults` are used up one a call; then everything works."""

    name = "crm"

    def __init__(
        self,
        faults: Iterable[Fault | None] = (),
        *,
        keeps_keys: bool = True,
        read_back: str = "",
    ) -> None:
        self.operations = {one.name: one for one in specs(keeps_keys=keeps_keys, read_back=read_back)}
        self.faults = list(faults)
        self.is_down: FailureKind | None = None
        self.keeps_keys = keeps_keys
        self.records: dict[str, Mapping[str, Value]] = {}
        self.changes: list[tuple[str, Mapping[str, Value]]] = []
        """Key and values of every change that was made: the system's own log."""
        self.calls: list[str] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        """Run before and after what is asked for is done."""
        self._keys: dict[str, str] = {}

    @property
    def doubled(self) -> list[str]:
        """Keys under which something was changed more than once."""
        return [key for key, times in Counter(key for key, _ in self.changes).items() if times > 1]

    async def call(
        self, operation: str, arguments: Mapping[str, Value], *, key: str, deadline_s: float
    ) -> CallResult | CallFailure:
        self.calls.append(operation)
        self.before()
        if self.is_down is not None:
            return self._fail(operation, Fault(self.is_down))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and fault.comes == "before":
            return self._fail(operation, fault)
        rows = self._find(arguments) if operation == "find" else self._save(arguments, key)
        self.after()
        if fault is not None:
            return self._fail(operation, fault)
        return CallResult(operation=f"crm.{operation}", rows=rows, read_at=AT, took_ms=1.0)

    async def close(self) -> None: ...

    def _save(self, arguments: Mapping[str, Value], key: str) -> tuple[Row, ...]:
        if not (self.keeps_keys and key in self._keys):
            self._keys[key] = name = f"R-{arguments['id']}"
            self.records[name] = dict(arguments)
            self.changes.append((key, dict(arguments)))
        return ({"record_id": self._keys[key]},)

    def _find(self, arguments: Mapping[str, Value]) -> tuple[Row, ...]:
        found = self._keys.get(str(arguments["key"]))
        return ({"record_id": found},) if found else ()

    def _fail(self, operation: str, fault: Fault) -> CallFailure:
        return CallFailure(
            operation=f"crm.{operation}",
            kind=fault.kind,
            why=f"the CRM said {fault.kind}",
            took_ms=1.0,
            details=fault.details,
        )


def target_of(crm: SmallCrm, rules: WriteBack = RULES) -> Target:
    return Target(rules=rules, connector=crm, guard=GUARD)


# -- conversations -------------------------------------------------------------------------------


async def begin(database: Database, name: str, *, subject: str | None = "C-7") -> ConversationId:
    """A stored conversation of a verified customer, or of nobody."""
    conversation_id = ConversationId.mint(name)
    customer_id = CustomerId.mint(name)

    def create(stores: Stores) -> None:
        principal = Principal()
        if subject is not None:
            known = stores.customers.get_or_create(subject, fresh=customer_id, at=AT)
            principal = Principal(subject=subject, customer_id=known, proof="signed_token")
        conversation = Conversation(
            conversation_id=conversation_id,
            channel="web_chat",
            locale="en-GB",
            status=ConversationStatus.ASSISTANT,
            principal=principal,
            last_seq=0,
            created_at=AT,
        )
        stores.conversations.create(conversation, token_hash="hash")

    await database.write(create)
    return conversation_id


async def say(
    database: Database,
    conversation_id: ConversationId,
    text: str = "How long does a return take?",
    *,
    answer: str = "Thirty days.",
    topic: str = "returns",
    outcome: Outcome = Outcome.ANSWERED,
    quiet_s: float = 0.0,
) -> TurnId:
    """One turn from its message to its end, with the mark of the same commit."""

    def commit(stores: Stores) -> TurnId:
        number = len(stores.turns.list_of(conversation_id)) + 1
        at = AT + timedelta(minutes=number)
        name = f"{conversation_id.partition('_')[2]}-{number}"
        turn_id, message_id = TurnId.mint(name), MessageId.mint(name)
        stores.messages.add(_message(conversation_id, turn_id, message_id, "customer", text, at))
        stores.turns.open(_turn(conversation_id, turn_id, message_id, at), owner="me", lease_s=30)
        stores.messages.add(_message(conversation_id, turn_id, MessageId.mint(f"{name}-a"), "assistant", answer, at))
        record = _record(turn_id, answer, outcome, topic)
        told = AnswerCompleted(
            turn_id=turn_id,
            outcome=outcome,
            text=answer,
            citations=(),
            confidence="high",
            degraded=(),
            release_id=ReleaseId("rel_1"),
            timings_ms={"total": 1.0},
        )
        (stored,) = stores.events.append(conversation_id, [told], at=at)
        stores.turns.finish(record, last_seq=stored.seq, at=at)
        stores.write_backs.mark(conversation_id, quiet_s=quiet_s)
        return turn_id

    return await database.write(commit)


def _message(
    conversation_id: ConversationId,
    turn_id: TurnId,
    message_id: MessageId,
    role: Literal["customer", "assistant"],
    text: str,
    at: datetime,
) -> Message:
    return Message(
        message_id=message_id,
        conversation_id=conversation_id,
        turn_id=turn_id,
        position=0,
        role=role,
        text=text,
        language="en",
        at=at,
    )


def _turn(conversation_id: ConversationId, turn_id: TurnId, message_id: MessageId, at: datetime) -> StoredTurn:
    return StoredTurn(
        turn_id=turn_id,
        conversation_id=conversation_id,
        message_id=message_id,
        idempotency_key=turn_id,
        request_hash="0" * 64,
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


def _record(turn_id: TurnId, text: str, outcome: Outcome, topic: str) -> TurnRecord:
    answer = Answer(
        turn_id=turn_id,
        outcome=outcome,
        text=text,
        citations=(),
        confidence="high",
        degraded=(),
        release_id=ReleaseId("rel_1"),
        timings_ms={"total": 1.0},
    )
    return TurnRecord(
        answer=answer,
        lease=Lease(turn_id=turn_id, owner="me", fence=1),
        route=Route(kind="knowledge", topic=topic),
        retrieval=None,
        verdict_in=None,
        verdicts_out=(),
        sentences=(),
        claims=(),
        withheld=(),
        prompt="",
        attempts=(),
        timings=(),
    )
