"""One object of a schema from a model: read, held against the schema, repaired once, or nothing at all."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from frontdesk.ports.models import ChatRequest, ChatTurn
from frontdesk.turn.generation.climb import Climb, first_reply
from frontdesk.turn.generation.rung import Rung

T = TypeVar("T")

MAX_CHARS = 20_000
"""A longer reply is no object that anybody asked for; a guess."""
_QUOTED_CHARS = 2_000
"""How much of a reply that could not be used is shown to the model again."""
_FENCE = re.compile(r"\A```[a-z]*\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class _UnusableError(Exception):
    """Why a reply cannot be used, in words that a model can act on."""


async def ask_structured(rungs: Sequence[Rung], climb: Climb, *, read: Callable[[Mapping[str, Any]], T]) -> T | None:
    """What `read` makes of the object; None where no rung gave a usable one, not even when told what was wrong.

    Args:
        climb: its request carries the schema.
        read: raises ValueError for an object that fits the schema and still makes no sense.
    """
    asked = climb.request
    written = await first_reply(rungs, climb)
    if written is None:
        return None
    try:
        return _usable(written, asked, read)
    except _UnusableError as problem:
        climb.request = _repairing(asked, written, str(problem))
    repaired = await first_reply(rungs, climb)
    try:
        return None if repaired is None else _usable(repaired, asked, read)
    except _UnusableError:
        return None


def _usable(written: str, asked: ChatRequest, read: Callable[[Mapping[str, Any]], T]) -> T:
    value = _parsed(written)
    if problem := mismatch(value, asked.json_schema or {}):
        raise _UnusableError(problem)
    try:
        return read(value)
    except ValueError as error:
        raise _UnusableError(str(error)) from error


def _parsed(written: str) -> Any:
    if len(written) > MAX_CHARS:
        raise _UnusableError("It is too long.")
    text = written.strip()
    if fenced := _FENCE.match(text):
        text = fenced.group(1)
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _UnusableError("It is not JSON.") from error


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _repairing(asked: ChatRequest, written: str, problem: str) -> ChatRequest:
    """The request once more, with the reply and what is wrong with it."""
    said = (
        ChatTurn(role="customer", text=asked.question),
        ChatTurn(role="assistant", text=written[:_QUOTED_CHARS]),
    )
    question = f"That reply cannot be used. {problem} Reply with one JSON object of the schema, and nothing else."
    return replace(asked, history=(*asked.history, *said), question=question)


def mismatch(value: Any, schema: Mapping[str, Any], where: str = "The reply") -> str:
    """The first thing in which a value is not of the schema, as a sentence; empty where it is.

    Of JSON Schema it knows what our own schemas use: types, properties, required ones and no others, lists, enums,
    and the bounds of numbers, lengths and lists.
    """
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        return f"{where} is none of {schema['enum']}."
    wanted = schema.get("type")
    if wanted is not None and not _is_of(value, wanted):
        return f"{where} has to be of type {wanted}."
    if isinstance(value, dict):
        return _mismatch_of_object(value, schema, where)
    if isinstance(value, list):
        return _mismatch_of_list(value, schema, where)
    size = len(value) if isinstance(value, str) else value
    low, high = ("minLength", "maxLength") if isinstance(value, str) else ("minimum", "maximum")
    if isinstance(size, int | float) and not schema.get(low, size) <= size <= schema.get(high, size):
        return f"{where} is out of its bounds."
    return ""


def _mismatch_of_object(value: dict[str, Any], schema: Mapping[str, Any], where: str) -> str:
    properties: Mapping[str, Any] = schema.get("properties", {})
    if missing := [name for name in schema.get("required", ()) if name not in value]:
        return f"{where} lacks '{missing[0]}'."
    if schema.get("additionalProperties") is False and (extra := sorted(set(value) - set(properties))):
        return f"{where} has '{extra[0][:60]}', which the schema does not know."
    parts = (mismatch(value[name], part, f"'{name}'") for name, part in properties.items() if name in value)
    return next((problem for problem in parts if problem), "")


def _mismatch_of_list(value: list[Any], schema: Mapping[str, Any], where: str) -> str:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return f"{where} has a wrong number of items."
    entries = (mismatch(item, schema.get("items", {}), f"{where}[{place}]") for place, item in enumerate(value))
    return next((problem for problem in entries if problem), "")


def _is_of(value: Any, wanted: str | Sequence[str]) -> bool:
    """JSON's booleans are no numbers."""
    names = [wanted] if isinstance(wanted, str) else wanted
    kinds = tuple(kind for name in names for kind in _TYPES.get(name, ()))
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _same(value: Any, one: Any) -> bool:
    return type(value) is type(one) and bool(value == one)
