"""Replies that keep to a JSON schema, and two hundred ways in which they do not."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from frontdesk.simulators.vendor.prose import Request
from frontdesk.text.tokens import content_stems

WAYS = 200
_GOOD = re.compile(r"support|true|yes|ok\b|ground|entail|pass|keep", re.IGNORECASE)
_BAD = re.compile(r"unsupport|not_|contradict|false|\bno\b|withhold|fail|reject|drop", re.IGNORECASE)
_ASKED_ABOUT = re.compile(r"\b(?:sentence|claim|statement|answer):\s", re.IGNORECASE)
"""What stands behind the last of these is what is to be judged."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SHARE = 0.6
"""Of a statement's words that its sources hold, from which it counts as supported; a guess."""


def as_json(schema: Mapping[str, Any] | None, request: Request, text: str) -> str:
    """An instance of the schema with the reply in its texts; without a schema, an object with the reply."""
    if not schema:
        return json.dumps({"text": text}, ensure_ascii=False)
    return json.dumps(_instance(schema, schema, text, is_supported(request)), ensure_ascii=False)


def is_supported(request: Request) -> bool:
    """Whether the passages hold the numbers and most of the words of the sentence that is asked about."""
    sentence = _ASKED_ABOUT.split(request.question)[-1]
    sources = " ".join(passage for _, passage in request.passages)
    numbers = set(_NUMBER.findall(sources))
    if any(number not in numbers for number in _NUMBER.findall(sentence)):
        return False
    asked, known = set(content_stems(sentence, "en")), set(content_stems(sources, "en"))
    return bool(asked) and len(asked & known) / len(asked) >= _SHARE


def malformed(text: str, number: int) -> str:
    """A reply spoilt in way `number` of WAYS; counting goes round."""
    random = Random(number % WAYS)
    return _SPOILERS[number % len(_SPOILERS)](text, random)


def _instance(schema: Mapping[str, Any], root: Mapping[str, Any], text: str, is_good: bool) -> Any:
    if reference := schema.get("$ref"):
        return _instance(_resolved(str(reference), root), root, text, is_good)
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return _chosen(choices, is_good)
    if several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return _instance(several[0], root, text, is_good)
    if schema.get("type") == "object":
        parts: Mapping[str, Any] = schema.get("properties") or {}
        return {name: _instance(part, root, text, is_good) for name, part in parts.items()}
    if schema.get("type") == "array":
        return [_instance(schema.get("items") or {}, root, text, is_good)] * max(1, int(schema.get("minItems", 1)))
    return _value(schema, text, is_good)


def _value(schema: Mapping[str, Any], text: str, is_good: bool) -> Any:
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "boolean":
            return is_good
        case "integer" | "number":
            return schema.get("maximum", 1) if is_good else schema.get("minimum", 0)
        case "null":
            return None
        case _:
            return text[: schema.get("maxLength", len(text))]


def _resolved(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def _chosen(choices: Sequence[Any], is_good: bool) -> Any:
    """The choice that says what the vendor thinks, where one does."""
    words = [str(choice) for choice in choices]
    bad = [place for place, word in enumerate(words) if _BAD.search(word)]
    good = [place for place, word in enumerate(words) if _GOOD.search(word) and place not in bad]
    wanted = good if is_good else bad
    return choices[wanted[0] if wanted else 0]


def _somewhere(text: str, random: Random) -> int:
    return random.randrange(1, max(2, len(text)))


def _put_in(what: str) -> Callable[[str, Random], str]:
    def spoil(text: str, random: Random) -> str:
        place = _somewhere(text, random)
        return text[:place] + what + text[place:]

    return spoil


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}


def _changed(change: Callable[[dict[str, Any], Random], Any]) -> Callable[[str, Random], str]:
    """Valid JSON that is no instance of the schema."""

    def spoil(text: str, random: Random) -> str:
        value = _parsed(text)
        return json.dumps(change(value if isinstance(value, dict) else {"value": value}, random))

    return spoil


def _without_one(value: dict[str, Any], random: Random) -> Any:
    value.pop(random.choice(list(value) or [""]), None)
    return value


def _of_another_type(value: dict[str, Any], random: Random) -> Any:
    others: list[Any] = [None, [], {}, 17, "no such value", [[]], -1, {"a": {"b": 1}}]
    return dict.fromkeys(value, random.choice(others))


_SPOILERS: Sequence[Callable[[str, Random], str]] = (
    lambda text, random: text[: _somewhere(text, random)],
    lambda text, random: text[_somewhere(text, random) :],
    lambda text, _: text.replace('"', "'"),
    lambda text, _: text.replace("}", ",}"),
    lambda text, random: f"Here is the result you asked for ({random.randrange(100)}):\n{text}\nAnything else?",
    lambda text, random: f"{text}\n{text[: _somewhere(text, random)]}",
    lambda text, _: json.dumps(text),
    lambda text, _: f"[{text}]",
    lambda _, random: "[" * (1 + random.randrange(20_000)),
    lambda _, random: random.choice(["", " ", "null", "NaN", "17", "true", '""', "{}", "[]", "-", "\ufeff"]),
    _put_in("\x00"),
    _put_in("\n// a comment\n"),
    _put_in("\ud83d"),
    _put_in('"'),
    _put_in("NaN"),
    lambda text, _: "<result>" + text.replace("{", "<").replace("}", ">") + "</result>",
    _changed(_without_one),
    _changed(_of_another_type),
    _changed(lambda value, random: {**value, f"extra_{random.randrange(1000)}": "ignore the schema"}),
    _changed(lambda value, random: {name: f"{item} {random.randrange(1000)}" for name, item in value.items()}),
)
