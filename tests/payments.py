"""A payment system of a test's own, a workflow that asks it for a refund, and words that mean one thing only."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from builders import World, a_release, a_world
from frontdesk.adapters.clock import SystemTokens
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
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, Principal
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.domain.workflow import (
    AskStep,
    Call,
    CallStep,
    Case,
    Command,
    ConfirmStep,
    DecideStep,
    EndStep,
    HandOverStep,
    SayStep,
    SetSlot,
    Signal,
    Slot,
    StartWorkflow,
    Understood,
    WhichWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.ports.codes import CodeSender
from frontdesk.ports.connectors import Connector
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner
from frontdesk.turn.serving import ServedRelease

ADA, BOB = "A-1001", "B-2002"
ORDERS: Mapping[str, Row] = {
    "10482": {
        "order_id": "10482",
        "customer": ADA,
        "total": Decimal("49.90"),
        "state": "returned",
        "token": "tok-10482",
    },
    "10483": {
        "order_id": "10483",
        "customer": ADA,
        "total": Decimal("12.00"),
        "state": "shipped",
        "token": "tok-10483",
    },
    "10484": {
        "order_id": "10484",
        "customer": ADA,
        "total": Decimal("900.00"),
        "state": "returned",
        "token": "tok-10484",
    },
    "20777": {
        "order_id": "20777",
        "customer": BOB,
        "total": Decimal("75.00"),
        "state": "returned",
        "token": "tok-20777",
    },
}

_FIELDS = (
    FieldSpec(name="order_id", type="id"),
    FieldSpec(name="customer", type="id", is_private=True),
    FieldSpec(name="total", type="money"),
    FieldSpec(name="state", type="text"),
    FieldSpec(name="token", type="text", is_private=True),
)
ORDER = OperationSpec(
    connector="payments",
    name="order",
    title={"en": "the payment system"},
    kind="read",
    arguments=(ArgumentSpec(name="order_id", type="id"), ArgumentSpec(name="customer", type="id", bind="subject")),
    fields=_FIELDS,
    owner_field="customer",
)
REFUND = OperationSpec(
    connector="payments",
    name="refund",
    title={"en": "the payment system"},
    kind="effect",
    arguments=(
        ArgumentSpec(name="order_id", type="id"),
        ArgumentSpec(name="amount", type="money"),
        ArgumentSpec(name="customer", type="id", bind="subject"),
    ),
    fields=(FieldSpec(name="refund_id", type="id"), FieldSpec(name="customer", type="id", is_private=True)),
    owner_field="customer",
    max_amount=Decimal(500),
    timeout_s=0.3,
)
FIND_REFUND = OperationSpec(
    connector="payments",
    name="find_refund",
    title={"en": "the payment system"},
    kind="read",
    arguments=(ArgumentSpec(name="key", type="text"),),
    fields=REFUND.fields,
    is_list=True,
)


MOVE = OperationSpec(
    connector="payments",
    name="move",
    title={"en": "the order system"},
    kind="effect",
    arguments=(
        ArgumentSpec(name="order_id", type="id"),
        ArgumentSpec(name="street", type="text"),
        ArgumentSpec(name="customer", type="id", bind="subject"),
    ),
    fields=(FieldSpec(name="order_id", type="id"), FieldSpec(name="customer", type="id", is_private=True)),
    owner_field="customer",
)


@dataclass
class Payments:
    """A connector that keeps a book of its own: what it was asked for, and what it did."""

    refund: OperationSpec = REFUND
    orders: Mapping[str, Row] = field(default_factory=lambda: dict(ORDERS))
    failures: dict[str, FailureKind] = field(default_factory=dict)
    """By operation, what it answers instead."""
    asked: list[tuple[str, Mapping[str, Value], str]] = field(default_factory=list)
    """Every request: operation, arguments, key."""
    made: dict[str, Row] = field(default_factory=dict)
    """Refunds by their key; one without a known key has a number for one."""
    moved: list[Mapping[str, Value]] = field(default_factory=list)
    """Addresses that were changed."""
    loses_replies: int = 0
    """So many refunds are made and their answers never arrive."""
    before_reply: Callable[[str], Any] = lambda _: asyncio.sleep(0)

    name = "payments"

    @property
    def operations(self) -> Mapping[str, OperationSpec]:
        return {"order": ORDER, "refund": self.refund, "find_refund": FIND_REFUND, "move": MOVE}

    async def call(
        self, operation: str, arguments: Mapping[str, Value], *, key: str, deadline_s: float
    ) -> CallResult | CallFailure:
        self.asked.append((operation, dict(arguments), key))
        failure = self.failures.get(operation)
        if failure is None and operation == "refund":
            rows: Sequence[Row] | None = self._refund(arguments, key)
        elif operation == "move":
            self.moved.append(dict(arguments))
            rows = [arguments]
        else:
            rows = self._read(operation, arguments)
        await self.before_reply(operation)
        if failure is None and rows is None:
            failure = "silent" if operation == "refund" else "not_found"
        qualified = f"payments.{operation}"
        if failure is not None:
            return CallFailure(operation=qualified, kind=failure, why="As the test wants it.", took_ms=1.0)
        return CallResult(operation=qualified, rows=tuple(rows or ()), read_at=self.clock(), took_ms=1.0)

    clock: Callable[[], datetime] = field(default=datetime.now)

    async def close(self) -> None: ...

    def _read(self, operation: str, arguments: Mapping[str, Value]) -> Sequence[Row] | None:
        if operation == "find_refund":
            return [self.made[str(arguments["key"])]] if arguments["key"] in self.made else []
        found = self.orders.get(str(arguments["order_id"]))
        return None if found is None else [found]

    def _refund(self, arguments: Mapping[str, Value], key: str) -> Sequence[Row] | None:
        known = self.made.get(key) if self.refund.keeps_keys else None
        if known is None:
            known = {"refund_id": f"re_{len(self.made) + 1}", "customer": arguments["customer"]}
            self.made[key if key not in self.made else f"{key} again"] = known
        if self.loses_replies:
            self.loses_replies -= 1
            return None
        return [known]

    @property
    def refunds_asked(self) -> int:
        return sum(operation == "refund" for operation, _, _ in self.asked)


_EN = "en"
REFUND_FLOW = Workflow(
    name="refund",
    version=1,
    owner="payments team",
    title={_EN: "your refund"},
    examples=("I want a refund",),
    first="ask_order",
    slots={
        "order_id": Slot(name="order_id", type="id", ask={_EN: "Which order is it about?"}, pattern=r"\d{5}"),
    },
    steps={
        "ask_order": AskStep(step="ask_order", slot="order_id", next="look"),
        "look": CallStep(
            step="look",
            calls=(Call(result="order", connector="payments", operation="order", arguments={"order_id": "order_id"}),),
            next="is_back",
            failures={"not_yours": "not_found", "not_found": "not_found"},
        ),
        "not_found": SayStep(step="not_found", text={_EN: "I find no such order of yours."}, next="end_refused"),
        "end_refused": EndStep(step="end_refused", outcome="refused"),
        "is_back": DecideStep(
            step="is_back", cases=(Case(when="order.state == 'returned'", go="confirm"),), otherwise="say_state"
        ),
        "say_state": SayStep(
            step="say_state", text={_EN: "Your order {order_id} is {order.state}."}, about=("order",), next="end"
        ),
        "confirm": ConfirmStep(
            step="confirm",
            text={_EN: "Shall I refund {order.total|money EUR} for order {order_id}?"},
            call=Call(
                result="refund",
                connector="payments",
                operation="refund",
                arguments={"order_id": "order_id", "amount": "order.total"},
            ),
            next="say_done",
            otherwise="end",
            failures={"limit": "too_much", "rejected": "rejected"},
        ),
        "say_done": SayStep(
            step="say_done", text={_EN: "Your refund {refund.refund_id} is on its way."}, about=("refund",), next="end"
        ),
        "rejected": SayStep(step="rejected", text={_EN: "The payment system refused it."}, next="end_refused"),
        "too_much": HandOverStep(
            step="too_much",
            text={_EN: "A colleague decides about this amount."},
            queue="payments",
            why="Above the limit.",
        ),
        "end": EndStep(step="end"),
    },
)
STATUS_FLOW = replace(
    REFUND_FLOW,
    name="status",
    title={_EN: "where your order is"},
    steps={
        **REFUND_FLOW.steps,
        "is_back": DecideStep(step="is_back", cases=(), otherwise="say_state"),
    },
)
MOVE_FLOW = replace(
    REFUND_FLOW,
    name="address",
    title={_EN: "the address of an order"},
    examples=("Change the delivery address of my order",),
    slots={**REFUND_FLOW.slots, "street": Slot(name="street", type="text", ask={_EN: "Which address?"})},
    steps={
        **REFUND_FLOW.steps,
        "is_back": AskStep(step="is_back", slot="street", next="confirm"),
        "confirm": ConfirmStep(
            step="confirm",
            text={_EN: "Shall I send order {order_id} to {street}?"},
            call=Call(
                result="moved",
                connector="payments",
                operation="move",
                arguments={"order_id": "order_id", "street": "street"},
            ),
            next="end",
            otherwise="end",
        ),
    },
)


class Plainly:
    """Understands `start refund order_id=10482`, `order_id=10483`, signals such as `yes`, and nothing else.

    Messages without any of it concern no workflow.
    """

    async def read(self, text: str, *, run: WorkflowRun | None, **_: Any) -> Understood:
        return Understood(commands=tuple(self._commands(text)), why="As the test says it.")

    def told_of(self, slot: str, text: str, **_: Any) -> SetSlot | None:
        return next(
            (SetSlot(slot=name, value=said) for name, said in re.findall(r"(\w+)=(\S+)", text) if name == slot), None
        )

    def _commands(self, text: str) -> Iterator[Command]:
        words = text.split()
        if words[:1] == ["start"]:
            yield StartWorkflow(workflow=words[1])
        if words[:1] == ["which"]:
            yield WhichWorkflow(workflows=tuple(words[1:]))
        for name, value in re.findall(r"(\w+)=(\S+)", text):
            yield SetSlot(slot=name, value=value)
        if len(words) == 1 and words[0] in _SIGNALS:
            yield Signal(kind=words[0])  # type: ignore[arg-type]


_SIGNALS = ("yes", "no", "cancel", "why", "has_not", "person", "frustrated", "resume", "question", "unclear")


@dataclass
class Postbox:
    """Where one-time codes arrive."""

    is_open: bool = True
    sent: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, subject: str, code: str, *, language: str, deadline_s: float) -> bool:
        if self.is_open:
            self.sent.append((subject, code))
        return self.is_open


@dataclass(kw_only=True)
class Till:
    """A world with a payment system."""

    world: World
    payments: Payments
    postbox: Postbox
    releases: dict[str, ServedRelease]

    @property
    def database(self) -> Any:
        return self.world.database

    async def a_customer(
        self, subject: str | None = ADA, *, channel: str = "test", token_hash: str = ""
    ) -> ConversationId:
        """A conversation of this customer, or of somebody who has proved nothing."""
        world, token = self.world, SystemTokens()
        at = world.clock.now()
        principal = Principal()
        if subject is not None:
            customer_id = await world.database.write(
                lambda stores: stores.customers.get_or_create(subject, fresh=CustomerId.mint(token.token()), at=at)
            )
            labels = Audiences(labels=frozenset({"public", f"customer:{subject}"}))
            principal = Principal(audiences=labels, subject=subject, customer_id=customer_id, proof="signed_token")
        conversation = Conversation(
            conversation_id=ConversationId.mint(token.token()),
            channel=channel,
            locale="en",
            status=ConversationStatus.ASSISTANT,
            principal=principal,
            last_seq=0,
            created_at=at,
        )
        await world.database.write(
            lambda stores: stores.conversations.create(conversation, token_hash=token_hash or token.token())
        )
        return conversation.conversation_id

    async def say(self, conversation_id: ConversationId, *texts: str) -> dict[str, Any]:
        """Write these one after the other; what the last one is answered with."""
        answer: dict[str, Any] = {}
        for text in texts:
            answer = json.loads((await self.world.ask(conversation_id, text)).body)
        return answer

    async def record(self, answer: Mapping[str, Any]) -> Any:
        """What the turn wrote down of its workflow."""
        found = await self.database.read(lambda stores: stores.turns.record(answer["turn_id"]))
        return found["acting"]

    async def runs(self, conversation_id: ConversationId) -> Any:
        return await self.database.read(lambda stores: stores.workflow_runs.open_of(conversation_id))

    async def audited(self) -> list[str]:
        entries = await self.database.read(lambda stores: list(stores.audit.read_all()))
        return [entry.action for entry in entries]

    def another_runner(self, owner: str, limits: RunnerLimits | None = None) -> TurnRunner:
        return _a_runner(self.world, self.releases, self.postbox, owner, limits)


def a_shop_release(
    folder: Path, payments: Connector, *workflows: Workflow, change: Mapping[str, Any] | None = None
) -> ServedRelease:
    """The release of `a_release` with these workflows, understood plainly."""
    chosen = workflows or (REFUND_FLOW, STATUS_FLOW)
    release = a_release(folder, change=change)
    return replace(
        release,
        workflows={workflow.name: workflow for workflow in chosen},
        understanding=Plainly(),
        connectors={payments.name: payments},
    )


@asynccontextmanager
async def a_till(
    folder: Path,
    *workflows: Workflow,
    url: str = "sqlite://",
    payments: Payments | None = None,
    limits: RunnerLimits | None = None,
    change: Mapping[str, Any] | None = None,
    start: bool = True,
) -> AsyncIterator[Till]:
    payments, postbox = payments or Payments(), Postbox()
    release = a_shop_release(folder, payments, *workflows, change=change)
    async with a_world(release, url=url, limits=limits, start=False) as world:
        payments.clock = world.clock.now
        releases = {"": release}
        await world.database.write(lambda stores: stores.releases.put(release.manifest))
        world.runner = _a_runner(world, releases, postbox, "worker-1", limits)
        if start:
            await world.runner.start()
        try:
            yield Till(world=world, payments=payments, postbox=postbox, releases=releases)
        finally:
            await world.runner.close(grace_s=0.2)


def _a_runner(
    world: World, releases: Mapping[str, ServedRelease], sender: CodeSender, owner: str, limits: RunnerLimits | None
) -> TurnRunner:
    return TurnRunner(
        world.database,
        lambda release_id: releases.get(release_id or "") or releases[""],
        clock=world.clock,
        tokens=SystemTokens(),
        telemetry=world.telemetry,
        owner=owner,
        limits=limits or RunnerLimits(),
        code_sender=sender,
    )
