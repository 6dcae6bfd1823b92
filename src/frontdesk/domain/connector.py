"""What is known of another system's operations before one is called, and what came of a call.

An operation is typed on both sides. An argument that decides whose data is meant is bound to the verified session and
can come from nowhere else; what returns is text with types and caps, and no part of it is ever an instruction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from frontdesk.domain.localised import Localised

FieldType = Literal["text", "id", "email", "number", "money", "date", "time", "yes_no", "choice"]
"""`money` is a Decimal in the currency's main unit; its currency is a field of its own. `time` is an aware datetime."""
Value = str | int | Decimal | bool | date | datetime | None
Row = Mapping[str, Value]
"""One record, by the names of the operation's fields."""
Need = Literal["anyone", "verified", "stepped_up"]
"""Who may use something: anybody, whoever proved who they are, or whoever has proved it again by a one-time code."""
MAX_TEXT_CHARS = 500
MAX_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """A field of what an operation returns."""

    name: str
    type: FieldType
    max_chars: int = MAX_TEXT_CHARS
    """A longer text is malformed, not cut."""
    choices: tuple[str, ...] = ()
    """For `choice`: the values that exist; another one is malformed."""
    is_required: bool = True
    """Whether a record without it is malformed."""
    is_private: bool = False
    """Used in conditions and arguments, never said or shown, and kept no longer than its run is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentSpec:
    """An argument of an operation."""

    name: str
    type: FieldType
    bind: Literal["", "subject"] = ""
    """`subject`: the verified customer, as the company names them. A workflow can't set it."""
    is_required: bool = True
    max_chars: int = 200
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpec:
    """One thing that another system does for us."""

    connector: str
    name: str
    title: Localised
    """What it is called where people read of it, as in "the payment system"."""
    kind: Literal["read", "effect"]
    """An effect changes something out there: it needs a confirmation, has a key, and is never cached or hedged."""
    arguments: tuple[ArgumentSpec, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    is_list: bool = False
    """Whether it returns any number of records; else exactly one."""
    owner_field: str = ""
    """The field that must name the verified customer in every record; another one's record is never looked at."""
    needs: Need = "verified"
    timeout_s: float = 2.0
    """For one attempt."""
    cache_s: float = 0.0
    """Seconds for which the same customer's same question may be answered from memory, with its age said."""
    per_customer_day: int = 0
    """Effects a customer may have in 24 hours; 0 sets no bound."""
    max_amount: Decimal | None = None
    """The largest `money` argument that needs no person."""
    read_back: str = ""
    """The read operation that tells by the key (argument `key`) whether an effect took place; needed where the system
    itself doesn't know keys."""
    keeps_keys: bool = True
    """Whether the system answers a second call with the same key with the first one's result."""

    @property
    def qualified(self) -> str:
        """Its name among those of all connectors, as in `payments.refunds`."""
        return f"{self.connector}.{self.name}"


FailureKind = Literal[
    "silent", "unavailable", "rate_limited", "rejected", "malformed", "not_yours", "not_found", "limit", "denied"
]
"""
silent        no answer in time; of an effect nobody knows whether it took place
unavailable   refused connection, 5xx, open breaker
rate_limited  the system asks to come later than the time left
rejected      the system understood, and won't (its reason is in `why`)
malformed     what came isn't what was agreed: HTML, a missing field, an unknown choice, an amount as text
not_yours     a record names another customer
not_found     there is no such record
limit         our own bound on effects or amounts
denied        the session may not use it
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """What an operation returned, checked and typed."""

    operation: str
    """Qualified."""
    rows: tuple[Row, ...]
    read_at: datetime
    """When the system said so; earlier than now where it comes from memory."""
    took_ms: float
    attempts: int = 1
    is_cached: bool = False
    is_partial: bool = False
    """Whether the system has more records than were read."""

    @property
    def row(self) -> Row:
        """The first record; empty where there is none."""
        return self.rows[0] if self.rows else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """Why there is nothing from an operation; expected, and therefore a value."""

    operation: str
    """Qualified."""
    kind: FailureKind
    why: str
    """For the operator: names the field or the status, and holds nothing personal."""
    took_ms: float
    attempts: int = 1
    at: datetime | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    """For the record, such as `status` or `field`."""
