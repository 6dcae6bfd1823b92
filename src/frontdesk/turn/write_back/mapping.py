"""The mapping: what a conversation has to tell becomes the other system's fields, or each mistake is named.

Nothing is sent that is not valid: a name that the other system does not know, a value that is missing, too long, out of
bounds or not of the agreed shape is refused here, with the field and the value.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from frontdesk.domain.connector import ArgumentSpec, OperationSpec, Value
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import FieldError, FieldRule, Mended, Outgoing, WriteBack
from frontdesk.text.hashing import content_hash
from frontdesk.turn.write_back.facts import ConversationFacts, Fact
from frontdesk.turn.write_back.formats import format_text, format_time, to_number, to_typed

_BRACED = re.compile(r"\{([a-z_.]+)\}")
_DIGEST = "record.digest"
_OF_RECORD = "record."
"""Begins the names of sources that say nothing of the conversation, and so are no part of the digest."""
_CUT_MARK = "…"


class _RefusedError(Exception):
    """A value that may not be sent."""

    def __init__(self, message: str, value: str = "") -> None:
        super().__init__(message)
        self.error = message, value


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedField:
    """One field as it is to be sent."""

    name: str
    text: str
    """As people read it and mend it; empty where there is no value."""
    value: Value
    comes_from: str
    is_mended: bool
    computed_hash: str
    """Of what the mapping gives, whoever put another value in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedRecord:
    fields: tuple[MappedField, ...]
    errors: tuple[FieldError, ...]
    digest: str
    """Of all values that tell of the conversation; the same facts, rules and mended values give the same."""

    @property
    def values(self) -> Mapping[str, Value]:
        """By argument; empty ones left out."""
        return {one.name: one.value for one in self.fields if one.value is not None}


def map_record(
    facts: ConversationFacts,
    rules: WriteBack,
    operation: OperationSpec,
    *,
    version: int,
    reference: str,
    mended: Mapping[str, Mended],
) -> MappedRecord:
    """The record for this operation; its errors say what keeps it from being sent."""
    known: Mapping[str, Fact] = {**facts.values, "record.version": version, "record.reference": reference}
    arguments = {one.name: one for one in operation.arguments}
    errors: list[FieldError] = []
    fields = [
        _field(name, rule, arguments[name], known, mended.get(name), errors)
        for name, rule in rules.fields.items()
        if name in arguments and rule.source != _DIGEST
    ]
    told = {one.name: one.text for one in fields if not rules.fields[one.name].source.startswith(_OF_RECORD)}
    digest = content_hash([json.dumps(told, sort_keys=True, ensure_ascii=False)])
    fields += [_digest_field(name, digest) for name, rule in rules.fields.items() if rule.source == _DIGEST]
    return MappedRecord(fields=tuple(fields), errors=tuple(errors), digest=digest)


def outgoing_of(
    record: MappedRecord, conversation_id: ConversationId, operation: OperationSpec, *, version: int, seq: int
) -> Outgoing:
    """The record under the id by which the other system recognises a repetition.

    The version is a part of it: a record that becomes again what it was before is another effect.
    """
    return Outgoing(
        operation=operation.qualified,
        values=record.values,
        digest=record.digest,
        effect_id=f"{conversation_id}:{version}:{record.digest[:32]}",
        seq=seq,
    )


def _digest_field(name: str, digest: str) -> MappedField:
    return MappedField(name=name, text=digest, value=digest, comes_from=_DIGEST, is_mended=False, computed_hash=digest)


def _field(
    name: str,
    rule: FieldRule,
    argument: ArgumentSpec,
    known: Mapping[str, Fact],
    mended: Mended | None,
    errors: list[FieldError],
) -> MappedField:
    """The field, and what is wrong with it added to the errors."""
    problem: tuple[str, str] | None = None
    try:
        text = _computed(rule, argument, known)
    except _RefusedError as refused:
        problem, text = refused.error, refused.error[1]
    computed_hash = content_hash([text])
    is_mended = mended is not None and mended.instead_of == computed_hash
    if mended is not None and is_mended:
        text, problem = mended.value, None
    value: Value = None
    if problem is None:
        try:
            value = _checked(text, rule, argument, is_mended=is_mended)
        except _RefusedError as refused:
            problem = refused.error
    if problem is not None:
        errors.append(FieldError(field=name, message=problem[0], value=problem[1]))
    return MappedField(
        name=name,
        text=text,
        value=value,
        comes_from=rule.source or rule.text,
        is_mended=is_mended,
        computed_hash=computed_hash,
    )


def _computed(rule: FieldRule, argument: ArgumentSpec, known: Mapping[str, Fact]) -> str:
    text = (_filled(rule, known) if rule.text else _written(known.get(rule.source), rule)) or rule.default
    longest = min(filter(None, (rule.max_chars, argument.max_chars)), default=0)
    if longest and len(text) > longest and rule.when_longer == "cut":
        return text[: longest - 1].rstrip() + _CUT_MARK
    return text


def _filled(rule: FieldRule, known: Mapping[str, Fact]) -> str:
    """The text with its sources in it; empty where it names some and none has a value."""
    parts = {name: _written(known.get(name), rule) for name in _BRACED.findall(rule.text)}
    if parts and not any(parts.values()):
        return ""
    return _formatted(_BRACED.sub(lambda found: parts[found[1]], rule.text), rule)


def _written(fact: Fact, rule: FieldRule) -> str:
    """The fact in the other system's words; times in its format, several values joined."""
    match fact:
        case None | "" | ():
            return ""
        case datetime():
            return format_time(fact, rule)
        case tuple():
            items = fact[: rule.most] if rule.most else fact
            return rule.join.join(_formatted(_named(item, rule), rule) for item in items)
        case _:
            return _formatted(_named(str(fact), rule), rule)


def _named(name: str, rule: FieldRule) -> str:
    """Their name for ours. Raises: _RefusedError where there is none."""
    if not rule.values or rule.text:
        return name
    if name in rule.values:
        return rule.values[name]
    if rule.otherwise:
        return rule.otherwise
    raise _RefusedError(f"“{name}” has no counterpart: `values` of this field does not name it.", name)


def _formatted(text: str, rule: FieldRule) -> str:
    try:
        return format_text(text, rule)
    except ValueError as error:
        raise _RefusedError(f"“{text}” {error}.", text) from None


def _checked(text: str, rule: FieldRule, argument: ArgumentSpec, *, is_mended: bool) -> Value:
    """The value in the argument's kind. Raises: _RefusedError."""
    if not text:
        if rule.required or argument.is_required:
            raise _RefusedError("It is required, and there is no value for it.")
        return None
    _check_choice(text, rule, argument, is_mended=is_mended)
    longest = min(filter(None, (rule.max_chars, argument.max_chars)), default=0)
    if longest and len(text) > longest:
        raise _RefusedError(f"It has {len(text)} characters, and {longest} are allowed.", text)
    if rule.pattern and not re.fullmatch(rule.pattern, text):
        raise _RefusedError(f"“{text}” is not of the shape {rule.pattern}.", text)
    try:
        value = to_typed(text, argument.type)
    except ValueError as error:
        raise _RefusedError(f"“{text}” {error}.", text) from None
    _check_bounds(text, rule)
    return value


def _check_choice(text: str, rule: FieldRule, argument: ArgumentSpec, *, is_mended: bool) -> None:
    theirs = {*rule.values.values(), rule.otherwise, rule.default} - {""}
    if is_mended and rule.values and not argument.choices:
        unknown = [part for part in text.split(rule.join) if part not in theirs]
        if unknown and text not in theirs:
            raise _RefusedError(f"“{unknown[0]}” is none of {', '.join(sorted(theirs))}.", text)
    if argument.choices and text not in argument.choices:
        raise _RefusedError(f"“{text}” is none of {', '.join(argument.choices)}.", text)


def _check_bounds(text: str, rule: FieldRule) -> None:
    if rule.minimum is None and rule.maximum is None:
        return
    try:
        number = to_number(text)
    except ValueError as error:
        raise _RefusedError(f"“{text}” {error}.", text) from None
    if rule.minimum is not None and number < rule.minimum:
        raise _RefusedError(f"{text} is below {rule.minimum}.", text)
    if rule.maximum is not None and number > rule.maximum:
        raise _RefusedError(f"{text} is above {rule.maximum}.", text)
