"""Workflows to test with: two small files, the operations they call, and a customer who talks to the stepper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from frontdesk.domain.connector import ArgumentSpec, FailureKind, FieldSpec, OperationSpec
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import CallWanted, Command, Move, Reading, Say, Workflow, WorkflowRun
from frontdesk.releases.workflows_file import read_workflows
from frontdesk.workflows.stepper import advance, begin
from frontdesk.workflows.wording import Wording

ASSISTANT = Path(__file__).parent / "unit" / "workflows" / "assistant"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MONEY = (FieldSpec(name="amount", type="money"), FieldSpec(name="currency", type="text"))


def _fields(**types: Any) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(name=name, type=kind) for name, kind in types.items())


def _choice(name: str, *values: str) -> FieldSpec:
    return FieldSpec(name=name, type="choice", choices=values)


def _maybe(name: str, kind: Any) -> FieldSpec:
    return FieldSpec(name=name, type=kind, is_required=False)


ORDER = ArgumentSpec(name="order", type="id")
CUSTOMER = ArgumentSpec(name="customer", type="id", bind="subject")
_SPECS = (
    OperationSpec(
        connector="shop",
        name="orders",
        title={"en": "your orders"},
        kind="read",
        is_list=True,
        arguments=(CUSTOMER,),
        fields=(*_fields(number="id", placed_on="date"), *MONEY),
    ),
    OperationSpec(
        connector="shop",
        name="order",
        title={"en": "the order system"},
        kind="read",
        arguments=(CUSTOMER, ORDER),
        fields=(*_fields(number="id"), _maybe("delivered_on", "date"), *MONEY),
    ),
    OperationSpec(
        connector="payments",
        name="refund",
        title={"en": "the payment system"},
        kind="read",
        arguments=(CUSTOMER, ORDER),
        fields=(
            _choice("status", "asked", "paid", "declined"),
            *MONEY,
            *_fields(asked_on="date"),
            _maybe("paid_on", "date"),
            FieldSpec(name="account", type="text", is_private=True, is_required=False),
        ),
    ),
    OperationSpec(
        connector="shipping",
        name="parcel",
        title={"en": "the carrier"},
        kind="read",
        arguments=(ORDER,),
        fields=(_choice("status", "moving", "delivered", "lost"), _maybe("carrier", "text")),
    ),
    OperationSpec(
        connector="returns",
        name="create",
        title={"en": "the returns system"},
        kind="effect",
        arguments=(CUSTOMER, ORDER, ArgumentSpec(name="reason", type="choice", choices=("too_small", "broken"))),
        fields=_fields(label="id"),
    ),
    OperationSpec(
        connector="returns",
        name="cancel",
        title={"en": "the returns system"},
        kind="effect",
        arguments=(CUSTOMER, ORDER),
        fields=_fields(label="id"),
    ),
    OperationSpec(
        connector="shipping",
        name="pickup",
        title={"en": "the carrier"},
        kind="effect",
        arguments=(CUSTOMER, ORDER, ArgumentSpec(name="day", type="date")),
        fields=_fields(slot="text"),
    ),
)
OPERATIONS: Mapping[str, OperationSpec] = {spec.qualified: spec for spec in _SPECS}


@cache
def workflow(name: str) -> Workflow:
    found = read_workflows(ASSISTANT, operations=OPERATIONS)
    return next(one for one in found if one.name == name)


@dataclass(kw_only=True)
class Customer:
    """Talks to a workflow; systems answer with what is set, and each call is noted."""

    workflow: Workflow
    language: str = "en"
    at: datetime = NOON
    rows: dict[str, Any] = field(default_factory=dict)
    """By operation: records, or the kind of failure; a list of lists is one for each call."""
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    run: WorkflowRun | None = None
    moves: tuple[Move, ...] = ()

    def says(self, *commands: Command, after_s: float = 10) -> str:
        """What the assistant says then, sentence by sentence."""
        self.at += timedelta(seconds=after_s)
        wording = Wording(language=self.language, default_language="en")
        if self.run is None:
            self.run = begin(
                self.workflow,
                run_id=RunId("run_1"),
                conversation_id=ConversationId("conv_1"),
                release_id=ReleaseId("rel_1"),
                at=self.at,
            )
        self.run, self.moves = advance(self.workflow, self.run, wording, commands=commands, at=self.at)
        said = self._sayings()
        while isinstance(wanted := self.moves[-1], CallWanted):
            readings = {call.result: self._answer(call, wanted.is_effect) for call in wanted.calls}
            self.run, self.moves = advance(self.workflow, self.run, wording, readings=readings, at=self.at)
            said += self._sayings()
        return " ".join(said)

    @property
    def last(self) -> Move:
        return self.moves[-1]

    def _sayings(self) -> list[str]:
        last = [self.moves[-1].text] if hasattr(self.moves[-1], "text") and not isinstance(self.moves[-1], Say) else []
        return [move.text for move in self.moves if isinstance(move, Say)] + last

    def _answer(self, call: Any, is_effect: bool) -> Reading:
        operation = f"{call.connector}.{call.operation}"
        self.calls.append((operation, call.arguments))
        answer = self.rows[operation]
        answer = answer.pop(0) if isinstance(answer, list) and answer and isinstance(answer[0], list | str) else answer
        if isinstance(answer, str):
            failure: FailureKind = answer  # type: ignore[assignment]
            return Reading(operation=operation, read_at=self.at, failure=failure)
        if is_effect:
            self.effects.append(operation)
        return Reading(operation=operation, rows=tuple(answer), read_at=self.at)
