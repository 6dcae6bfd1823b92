"""Typed arguments on their way out: checked once more, and written as the system wants them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from frontdesk.adapters.connectors.failing import not_sent
from frontdesk.adapters.connectors.fields import HIDDEN, digits_of
from frontdesk.domain.argument_template import parse_template
from frontdesk.domain.connector import ArgumentSpec, FieldType, OperationSpec, Value
from frontdesk.domain.connector_source import Amounts, JsonTemplate

_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    "text": (str,),
    "id": (str,),
    "email": (str,),
    "choice": (str,),
    "number": (int, Decimal),
    "money": (int, Decimal),
    "date": (date,),
    "time": (datetime,),
    "yes_no": (bool,),
}
_ABSENT = object()


def mistake_in(spec: OperationSpec, arguments: Mapping[str, Value], key: str) -> str:
    """Why the arguments are none for the operation; empty where they are. Holds no value of theirs."""
    known = {one.name for one in spec.arguments}
    if unknown := sorted(set(arguments) - known):
        return f"there is no argument `{unknown[0]}`"
    if spec.kind == "effect" and not key:
        return "an effect needs a key"
    for one in spec.arguments:
        if wrong := _mistake_in_one(one, arguments.get(one.name)):
            return f"argument `{one.name}` {wrong}"
    return ""


def _mistake_in_one(spec: ArgumentSpec, value: Value) -> str:
    if value is None:
        return "is missing" if spec.is_required else ""
    is_other = not isinstance(value, _TYPES[spec.type]) or (spec.type != "yes_no" and isinstance(value, bool))
    if is_other or (spec.type == "date" and isinstance(value, datetime)):
        return f"is no {spec.type}"
    if spec.choices and value not in spec.choices:
        return "is none of its choices"
    return _mistake_in_text(spec, value) if isinstance(value, str) else ""


def _mistake_in_text(spec: ArgumentSpec, text: str) -> str:
    if not text and spec.type != "text":
        return "is empty"
    if len(text) > spec.max_chars:
        return "is too long"
    is_plain = spec.type == "text" or text.isprintable()
    return "" if is_plain and not HIDDEN.search(text) else "holds control characters"


class ArgumentWriter:
    """Writes one call's arguments in a system's ways."""

    def __init__(
        self, spec: OperationSpec, arguments: Mapping[str, Value], *, key: str, amounts: Amounts, currency: str
    ) -> None:
        named = arguments.get(currency, currency)
        self._written: dict[str, Any] = {
            one.name: _written(value, one.type, amounts, str(named))
            for one in spec.arguments
            if (value := arguments.get(one.name)) is not None
        }
        if key:
            self._written.setdefault("key", key)

    def all(self) -> dict[str, Any]:
        """Every argument under its own name, as a JSON value; the key is not among them."""
        return {name: value for name, value in self._written.items() if name != "key"}

    def text(self, template: str) -> str | None:
        """A template filled in; None where all of its arguments are missing."""
        pieces = parse_template(template)
        places = [piece[0] for piece in pieces if isinstance(piece, tuple)]
        if places and not any(name in self._written for name in places):
            return None
        return "".join(
            piece if isinstance(piece, str) else as_text(self._written.get(piece[0], "")) for piece in pieces
        )

    def json(self, template: JsonTemplate) -> Any:
        """A JSON value filled in: a text that is one argument becomes its value; members without one are left out."""
        found = self._json(template)
        return None if found is _ABSENT else found

    def _json(self, template: JsonTemplate) -> Any:
        if isinstance(template, str):
            return self._json_text(template)
        if isinstance(template, dict):
            filled = {name: self._json(value) for name, value in template.items()}
            return {name: value for name, value in filled.items() if value is not _ABSENT}
        if isinstance(template, list):
            return [value for item in template if (value := self._json(item)) is not _ABSENT]
        return template

    def _json_text(self, template: str) -> Any:
        pieces = parse_template(template)
        if len(pieces) == 1 and isinstance(pieces[0], tuple):
            return self._written.get(pieces[0][0], _ABSENT)
        text = self.text(template)
        return _ABSENT if text is None else text


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _written(value: Value, kind: FieldType, amounts: Amounts, currency: str) -> Any:
    if kind == "money" and isinstance(value, int | Decimal):
        return _amount(Decimal(value), amounts, currency)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def _amount(value: Decimal, amounts: Amounts, currency: str) -> Any:
    places = digits_of(currency)
    if amounts == "minor_units":
        cents = value.scaleb(places)
        if cents != cents.to_integral_value():
            raise not_sent("the amount has more decimals than its currency")
        return int(cents)
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if rounded != value:
        raise not_sent("the amount has more decimals than its currency")
    return str(rounded) if amounts == "text" else rounded
