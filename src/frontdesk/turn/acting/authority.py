"""What a session may do: one place for everything that the customer's words can't change.

The subject comes from the verified session and from nowhere else. A name, a number or an order in a text decides at most
which of the customer's own things is meant: every record that returns must name the same customer, or nothing of it is
kept. An effect needs a yes to exactly its arguments, and is counted in the transaction that begins it.

That is the Rule of Two by construction. Whatever reads untrusted text (the rules, a model, a customer's file) only
proposes commands; it reaches no system. Whatever reaches systems (connectors) takes typed arguments that this module has
checked, and what it returns fills templates and conditions and is never shown to a model as something to obey. And what
changes something needs the customer's approval of what was shown. No part has all three.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from frontdesk.domain.audit import AuditEntry
from frontdesk.domain.connector import ArgumentSpec, FieldType, Need, OperationSpec, Row, Value
from frontdesk.domain.conversation import Principal
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.clock import Clock

Missing = Literal["", "sign_in", "step_up"]
"""What a session lacks; empty where it lacks nothing."""

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why a call isn't made."""

    kind: Literal["denied", "malformed", "limit"]
    why: str
    """Names arguments and fields, and no value."""


@dataclass(slots=True, kw_only=True)
class Authority:
    """Of one turn. Every refusal leaves an audit entry, committed with the turn's end."""

    principal: Principal
    conversation_id: ConversationId
    turn_id: TurnId
    clock: Clock
    is_stepped_up: bool = False
    entries: list[AuditEntry] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """One sentence each, for the trace."""
    denials: list[str] = field(default_factory=list)
    """Their actions."""

    @property
    def subject(self) -> str:
        """The verified customer, as the company names them; empty where nobody has proved anything."""
        return (self.principal.subject or "") if self.principal.is_verified else ""

    def lacks(self, need: Need) -> Missing:
        if need == "anyone":
            return ""
        if not self.subject:
            return "sign_in"
        return "step_up" if need == "stepped_up" and not self.is_stepped_up else ""

    def bind(self, spec: OperationSpec, given: Mapping[str, Value]) -> dict[str, Value] | Denial:
        """The arguments of a call, complete and checked, the bound ones from the session."""
        known = {argument.name: argument for argument in spec.arguments}
        for name in given:
            if name not in known or known[name].bind:
                return self._deny(spec, f"The argument `{name}` is not the workflow's to set.")
        bound: dict[str, Value] = {}
        for name, argument in known.items():
            value: Value = (self.subject or None) if argument.bind == "subject" else given.get(name)
            if value is None:
                if argument.is_required:
                    return self._deny(spec, f"The argument `{name}` is missing.")
                continue
            if objection := _objection(argument, value):
                return Denial(kind="malformed", why=f"The argument `{name}` {objection}.")
            bound[name] = value
        return bound

    def owns(self, spec: OperationSpec, rows: Sequence[Row]) -> bool:
        """Whether every record names the verified customer. Where one doesn't, none is looked at."""
        if not spec.owner_field:
            return True
        if self.subject and all(str(row.get(spec.owner_field) or "") == self.subject for row in rows):
            return True
        if not rows:
            return True
        self.refuse(
            "record.not_yours", f"A record of {spec.qualified} belongs to somebody else.", operation=spec.qualified
        )
        return False

    def refuse(self, action: str, why: str, **details: str) -> None:
        """Note what was asked for and may not be."""
        self.refusals.append(why)
        self.denials.append(action)
        self.note(action, why=why, **details)

    def note(self, action: str, *, actor: str = "customer", **details: str) -> None:
        self.entries.append(self.entry(action, actor=actor, **details))

    def entry(self, action: str, *, actor: str = "customer", **details: str) -> AuditEntry:
        return AuditEntry(
            at=self.clock.now(),
            actor=actor,
            action=action,
            subject=self.principal.customer_id or "",
            conversation_id=self.conversation_id,
            turn_id=self.turn_id,
            details=details,
        )

    def _deny(self, spec: OperationSpec, why: str) -> Denial:
        self.refuse("call.denied", why, operation=spec.qualified)
        return Denial(kind="denied", why=why)


def amount_of(arguments: Mapping[str, Value], spec: OperationSpec) -> Decimal | None:
    """The largest of its arguments that are money."""
    names = [argument.name for argument in spec.arguments if argument.type == "money"]
    amounts = [value for name in names if isinstance(value := arguments.get(name), Decimal)]
    return max(amounts, default=None)


def _objection(argument: ArgumentSpec, value: Value) -> str:
    if not _fits(argument.type, value):
        return f"is no {argument.type}"
    if isinstance(value, Decimal) and not value.is_finite():
        return f"is no {argument.type}"
    if isinstance(value, str) and len(value) > argument.max_chars:
        return f"is longer than {argument.max_chars} characters"
    if argument.choices and value not in argument.choices:
        return "is none of its choices"
    return ""


def _fits(kind: FieldType, value: Value) -> bool:
    return _IS_A[kind](value)


_IS_A: Mapping[FieldType, Callable[[Value], bool]] = {
    "yes_no": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | Decimal) and not isinstance(value, bool),
    "money": lambda value: isinstance(value, Decimal),
    "date": lambda value: isinstance(value, date) and not isinstance(value, datetime),
    "time": lambda value: isinstance(value, datetime) and value.tzinfo is not None,
    "email": lambda value: isinstance(value, str) and _EMAIL.match(value) is not None,
    "text": lambda value: isinstance(value, str) and value.strip() != "",
    "id": lambda value: isinstance(value, str) and value.strip() != "",
    "choice": lambda value: isinstance(value, str) and value.strip() != "",
}
