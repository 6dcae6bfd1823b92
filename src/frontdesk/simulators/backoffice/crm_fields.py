"""What the CRM accepts: objects with fields, formats, enumerations and rules between fields, as its administrator set them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from frontdesk.simulators.backoffice.seeding.people import PLACES

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmField:
    """A field of an object."""

    name: str
    label: str
    type: Literal["text", "choice", "datetime", "number", "yes_no", "email", "phone", "contact"]
    is_required: bool = False
    max_chars: int = 255
    pattern: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 0

    def to_json(self) -> dict[str, Any]:
        told = {"name": self.name, "label": self.label, "type": self.type, "is_required": self.is_required}
        if self.type == "text":
            told |= {"max_chars": self.max_chars, "pattern": self.pattern}
        if self.type == "choice":
            told["choices"] = list(self.choices)
        if self.type == "number":
            told |= {"minimum": self.minimum, "maximum": self.maximum, "decimals": self.decimals}
        if told_format := _FORMATS.get(self.type):
            told["format"] = told_format
        return told


_FORMATS = {
    "datetime": "2026-11-25T09:30:00Z, in UTC, without fractions",
    "phone": "E.164, as in +4940555123",
    "contact": "the id of a contact that exists",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmRule:
    """A rule between fields; `broken` tells of which field it is broken and why."""

    says: str
    field: str
    is_broken: Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmObject:
    """A kind of record."""

    name: str
    fields: tuple[CrmField, ...]
    rules: tuple[CrmRule, ...] = field(default=())


CONVERSATIONS = CrmObject(
    name="conversations",
    fields=(
        CrmField(name="contact", label="Contact", type="contact"),
        CrmField(name="subject", label="Subject", type="text", is_required=True, max_chars=80),
        CrmField(
            name="channel",
            label="Channel",
            type="choice",
            is_required=True,
            choices=("WEB_CHAT", "IN_APP", "PHONE", "EMAIL", "API"),
        ),
        CrmField(name="started_at", label="Began", type="datetime", is_required=True),
        CrmField(name="ended_at", label="Ended", type="datetime"),
        CrmField(
            name="outcome",
            label="Outcome",
            type="choice",
            is_required=True,
            choices=("SOLVED", "HANDED_OVER", "REFUSED", "ABANDONED", "FAILED"),
        ),
        CrmField(
            name="topic",
            label="Topic",
            type="choice",
            choices=("REFUND", "DELIVERY", "RETURN", "ORDER", "REPAIR", "BUSINESS", "PRODUCT", "OTHER"),
        ),
        CrmField(name="language", label="Language", type="text", max_chars=2, pattern="[a-z]{2}"),
        CrmField(name="summary", label="Summary", type="text", max_chars=2000),
        CrmField(name="transcript", label="Transcript", type="text", max_chars=30_000),
        CrmField(name="order_number", label="Order", type="text", max_chars=10, pattern=r"HP\d{8}"),
        CrmField(name="messages", label="Messages", type="number", minimum=0, maximum=10_000),
        CrmField(name="rating", label="Rating", type="number", minimum=1, maximum=5),
        CrmField(name="handled_by", label="Handled by", type="choice", choices=("ASSISTANT", "PERSON")),
        CrmField(name="phone", label="Phone", type="phone"),
        CrmField(name="email", label="E-mail", type="email"),
    ),
    rules=(
        CrmRule(
            says="It must not lie before `started_at`.",
            field="ended_at",
            is_broken=lambda given: bool(given.get("ended_at")) and given["ended_at"] < given.get("started_at", ""),
        ),
        CrmRule(
            says="It is needed where the outcome is SOLVED.",
            field="ended_at",
            is_broken=lambda given: given.get("outcome") == "SOLVED" and not given.get("ended_at"),
        ),
        CrmRule(
            says="It must be PERSON where the outcome is HANDED_OVER.",
            field="handled_by",
            is_broken=lambda given: given.get("outcome") == "HANDED_OVER" and given.get("handled_by") != "PERSON",
        ),
    ),
)
LEADS = CrmObject(
    name="leads",
    fields=(
        CrmField(name="company", label="Company", type="text", is_required=True, max_chars=100),
        CrmField(name="contact_name", label="Name", type="text", is_required=True, max_chars=100),
        CrmField(name="email", label="E-mail", type="email", is_required=True),
        CrmField(name="phone", label="Phone", type="phone"),
        CrmField(name="contact", label="Contact", type="contact"),
        CrmField(name="country", label="Country", type="choice", choices=tuple(PLACES)),
        CrmField(
            name="interest",
            label="Interest",
            type="choice",
            is_required=True,
            choices=("CLOTHING", "BOOTS", "EQUIPMENT", "LOGO", "OTHER"),
        ),
        CrmField(name="pieces", label="Pieces", type="number", minimum=1, maximum=100_000),
        CrmField(name="value", label="Order value in EUR", type="number", minimum=0, maximum=10_000_000, decimals=2),
        CrmField(name="needed_by", label="Needed by", type="text", max_chars=10, pattern=r"\d{4}-\d\d-\d\d"),
        CrmField(name="status", label="Status", type="choice", choices=("NEW", "QUALIFIED", "TOO_SMALL")),
        CrmField(name="message", label="Message", type="text", max_chars=1000),
    ),
    rules=(
        CrmRule(
            says="A qualified lead needs 10 pieces or an order value of 1,000 EUR.",
            field="status",
            is_broken=lambda given: (
                given.get("status") == "QUALIFIED"
                and (given.get("pieces") or 0) < 10
                and (given.get("value") or 0) < 1000
            ),
        ),
    ),
)
OBJECTS: Mapping[str, CrmObject] = {one.name: one for one in (CONVERSATIONS, LEADS)}


def mistakes(one: CrmObject, given: Mapping[str, Any], *, is_contact: Callable[[str], bool]) -> dict[str, str]:
    """What is wrong, by field; empty where the record is accepted."""
    known = {part.name: part for part in one.fields}
    found = {name: "There is no such field." for name in given if name not in known}
    for part in one.fields:
        value = given.get(part.name)
        if value is None or value == "":
            if part.is_required:
                found[part.name] = "It is required."
        elif why := _CHECKS[part.type](part, value):
            found[part.name] = why
    if "contact" not in found and (contact := given.get("contact")) and not is_contact(contact):
        found["contact"] = "There is no such contact."
    if not found:
        found = {rule.field: rule.says for rule in one.rules if rule.is_broken(given)}
    return found


def _text(part: CrmField, value: Any) -> str:
    if not isinstance(value, str):
        return "It must be a text."
    if len(value) > part.max_chars:
        return f"It is longer than {part.max_chars} characters."
    return "" if not part.pattern or re.fullmatch(part.pattern, value) else f"It must look like {part.pattern}."


def _choice(part: CrmField, value: Any) -> str:
    return "" if value in part.choices else f"It must be one of {', '.join(part.choices)}."


def _datetime(_: CrmField, value: Any) -> str:
    wrong = "It must be a time in UTC, as in 2026-11-25T09:30:00Z."
    if not isinstance(value, str) or not _STAMP.fullmatch(value):
        return wrong
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return wrong
    return ""


def _number(part: CrmField, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "It must be a number."
    if round(value, part.decimals) != value:
        return f"It must have at most {part.decimals} decimals." if part.decimals else "It must be a whole number."
    if not (part.minimum or 0) <= value <= (part.maximum or value):
        return f"It must lie between {part.minimum} and {part.maximum}."
    return ""


def _yes_no(_: CrmField, value: Any) -> str:
    return "" if isinstance(value, bool) else "It must be true or false."


def _matching(pattern: re.Pattern[str], says: str) -> Callable[[CrmField, Any], str]:
    return lambda _, value: "" if isinstance(value, str) and pattern.fullmatch(value) else says


_CHECKS: Mapping[str, Callable[[CrmField, Any], str]] = {
    "text": _text,
    "contact": _text,
    "choice": _choice,
    "datetime": _datetime,
    "number": _number,
    "yes_no": _yes_no,
    "email": _matching(_EMAIL, "It must be an e-mail address."),
    "phone": _matching(_PHONE, "It must be a number in E.164, as in +4940555123."),
}


def described(one: CrmObject) -> dict[str, Any]:
    rules: Sequence[dict[str, str]] = [{"field": rule.field, "says": rule.says} for rule in one.rules]
    return {"object": one.name, "fields": [part.to_json() for part in one.fields], "rules": rules}
