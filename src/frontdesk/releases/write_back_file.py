"""write_back.yaml: how conversations are written into the customer's record, checked against the operations it names."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Discriminator, Tag

from frontdesk.domain.connector import OperationSpec
from frontdesk.domain.errors import ConfigProblem
from frontdesk.domain.write_back import SOURCES, FieldRule, WriteBack, WriteBackTiming
from frontdesk.releases.yaml_files import YamlFile, read_yaml

FILE_NAME = "write_back.yaml"
_BRACED = re.compile(r"\{([^{}]*)\}")
_TIMES = frozenset({"conversation.started_at", "conversation.ended_at", "escalation.at"})
_TEXT_FORMATS = frozenset({"phone", "line"})
_WORDS = frozenset({"iso", "date", "seconds", "milliseconds"})


def _tag(value: Any) -> str:
    return "<source>" if isinstance(value, str) else "<rule>"


_Rule = Annotated[FieldRule, Tag("<rule>")]
_Source = Annotated[str, Tag("<source>")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackFile(WriteBack):
    """write_back.yaml as it is written: a field may be its source alone."""

    fields: Mapping[str, Annotated[_Rule | _Source, Discriminator(_tag)]]  # type: ignore[assignment]


_SCHEMAS: tuple[Any, ...] = (WriteBackFile, FieldRule, WriteBackTiming)
for _schema in _SCHEMAS:  # a typing slip in a name must not be ignored
    _schema.__pydantic_config__ = ConfigDict(extra="forbid")
_KNOWN = {name for part in _SCHEMAS for name in part.__dataclass_fields__}


def read_write_back(
    folder: Path, operations: Mapping[str, OperationSpec] | None, problems: list[ConfigProblem]
) -> WriteBack | None:
    """The rules; None where the folder has none, or, with at least one problem more, where they are wrong.

    Args:
        operations: what connectors.yaml describes, by qualified name; None where it could not be read.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    file = read_yaml(path, WriteBackFile, problems, known=_KNOWN)
    if file is None:
        return None
    rules = _as_rules(file.value)
    found = [*_check_fields(file, rules), *_check_whole(file, rules)]
    if operations is not None:
        found += _check_operations(file, rules, operations)
    problems.extend(found)
    return None if found else rules


def _as_rules(written: WriteBackFile) -> WriteBack:
    values = {name: getattr(written, name) for name in WriteBack.__dataclass_fields__}
    fields = {name: FieldRule(source=rule) if isinstance(rule, str) else rule for name, rule in written.fields.items()}
    return WriteBack(**{**values, "fields": fields})


# -- one field -----------------------------------------------------------------------------------


def _check_fields(file: YamlFile, rules: WriteBack) -> Iterator[ConfigProblem]:
    for name, rule in rules.fields.items():

        def problem(message: str, hint: str = "", *below: str, name: str = name) -> ConfigProblem:
            where = file.where("fields", name, *below)
            return ConfigProblem(where=where, message=f"`fields.{name}`: {message}", hint=hint)

        if bool(rule.source) == bool(rule.text):
            yield problem("it needs either a `source` or a `text`.", "`doctor` and the guide list the sources.")
        for source in (rule.source, *_BRACED.findall(rule.text)):
            if source and source not in SOURCES:
                yield problem(f"there is no source `{source}`.", _likely(source, SOURCES), "source")
        yield from (problem(*texts) for texts in _about_format(rule))
        yield from (problem(*texts) for texts in _about_bounds(rule))


def _about_format(rule: FieldRule) -> Iterator[tuple[str, str, str]]:
    if rule.format and rule.source in _TIMES:
        if rule.format not in _WORDS and "%" not in rule.format:
            yield f"`{rule.format}` is no format of a time.", "`iso`, `date`, or codes such as `%d/%m/%Y`.", "format"
    elif rule.format and not rule.text and rule.format not in _TEXT_FORMATS:
        yield f"`{rule.format}` is no format of a text.", "`phone` or `line`.", "format"
    if rule.country and not rule.country.isdigit():
        yield f"`{rule.country}` is no calling code.", "It is digits alone, such as `44`.", "country"
    try:
        ZoneInfo(rule.time_zone)
    except (KeyError, ValueError, OSError):
        yield f"there is no time zone `{rule.time_zone}`.", "It is named as in `Europe/Berlin`.", "time_zone"
    if rule.otherwise and not rule.values:
        yield "`otherwise` has no `values` beside it.", "`default` stands for no value.", "otherwise"


def _about_bounds(rule: FieldRule) -> Iterator[tuple[str, str, str]]:
    if rule.pattern:
        try:
            re.compile(rule.pattern)
        except re.error as error:
            yield f"the pattern is none: {error}.", "", "pattern"
    if rule.minimum is not None and rule.maximum is not None and rule.minimum > rule.maximum:
        yield "`minimum` is above `maximum`.", "", "minimum"
    for name in ("max_chars", "most"):
        if getattr(rule, name) < 0:
            yield f"`{name}` cannot be negative.", "0 sets no bound.", name


# -- the whole -----------------------------------------------------------------------------------


def _check_whole(file: YamlFile, rules: WriteBack) -> Iterator[ConfigProblem]:
    def problem(place: tuple[str, ...], message: str, hint: str = "") -> ConfigProblem:
        return ConfigProblem(where=file.where(*place), message=message, hint=hint)

    if not rules.fields:
        yield problem(("fields",), "No field is filled.", "Name at least one argument of the operation.")
    if _links(rules) and not rules.console.startswith(("http://", "https://")):
        hint = "Such as `console: https://desk.example.com`."
        yield problem(("console",), "`conversation.link` needs `console`, the address staff open.", hint)
    if not rules.when.occasions:
        hint = "Name `quiet`, `handed_over` or `closed`."
        yield problem(("when", "occasions"), "`when.occasions` names nothing, so nothing is ever written.", hint)
    if rules.when.quiet_minutes < 0:
        yield problem(("when", "quiet_minutes"), "`when.quiet_minutes` cannot be negative.")
    if not 0 < rules.first_pause_s <= rules.longest_pause_s:
        yield problem(("first_pause_s",), "`first_pause_s` has to be above 0, and at most `longest_pause_s`.")
    for name in ("tries", "give_up_hours", "alert_after_minutes"):
        if getattr(rules, name) <= 0:
            yield problem((name,), f"`{name}` has to be above 0.")
    if rules.proof and rules.fields.get(rules.proof, FieldRule()).source != "record.digest":
        hint = f"Write `{rules.proof}: record.digest` among the fields."
        yield problem(("proof",), f"`proof` names `{rules.proof}`, which is not filled from `record.digest`.", hint)


def _links(rules: WriteBack) -> bool:
    return any("conversation.link" in (rule.source, *_BRACED.findall(rule.text)) for rule in rules.fields.values())


def _check_operations(file: YamlFile, rules: WriteBack, known: Mapping[str, OperationSpec]) -> Iterator[ConfigProblem]:
    named = [("operation", rules.operation), *([("update", rules.update)] if rules.update else [])]
    for key, name in named:
        spec = known.get(name)
        if spec is None:
            message = f"`{key}`: connectors.yaml has no operation `{name}`."
            hint = _likely(name, known) or "Describe it there, as an effect."
            yield ConfigProblem(where=file.where(key), message=message, hint=hint)
            continue
        yield from _check_spec(file, key, spec, known, rules)
        yield from _check_arguments(file, rules, spec)
    if all(name in known for _, name in named):
        taken = {one.name for _, name in named for one in known[name].arguments}
        for name in rules.fields:
            if name not in taken:
                message = f"`fields.{name}`: the operation has no argument `{name}`."
                yield ConfigProblem(where=file.where("fields", name), message=message, hint=_likely(name, taken))
    if rules.update and rules.update.partition(".")[0] != rules.connector:
        message = "`update` has to be an operation of the same connector."
        yield ConfigProblem(where=file.where("update"), message=message)


def _check_spec(
    file: YamlFile, key: str, spec: OperationSpec, known: Mapping[str, OperationSpec], rules: WriteBack
) -> Iterator[ConfigProblem]:
    where = file.where(key)
    if spec.kind != "effect":
        message = f"`{spec.qualified}` reads and changes nothing."
        yield ConfigProblem(where=where, message=message, hint="Name one whose `kind` is `effect`.")
    if any(argument.bind for argument in spec.arguments):
        message = f"`{spec.qualified}` takes the customer from a session, and there is none when it is written."
        yield ConfigProblem(where=where, message=message, hint="Fill the argument from `customer.subject` instead.")
    read = known.get(f"{spec.connector}.{spec.read_back}") if spec.read_back else None
    if not spec.keeps_keys and read is None:
        message = f"`{spec.qualified}` could be written twice: nobody could tell what became of a call without an end."
        hint = "Give it `read_back`, or `keeps_keys` where the system answers a repeated key with the first result."
        yield ConfigProblem(where=where, message=message, hint=hint)
    if read is not None and not any(argument.name == "key" for argument in read.arguments) and not rules.proof:
        message = f"`{read.qualified}` finds a record, and not whether this version of it arrived."
        hint = "Let it take `key`, or map `record.digest` to a field that it returns, and name that as `proof`."
        yield ConfigProblem(where=file.where("proof"), message=message, hint=hint)


def _check_arguments(file: YamlFile, rules: WriteBack, spec: OperationSpec) -> Iterator[ConfigProblem]:
    for argument in spec.arguments:
        rule = rules.fields.get(argument.name)
        where = file.where("fields", argument.name)
        if rule is None:
            if argument.is_required:
                message = f"`{spec.qualified}` needs `{argument.name}`, which no field fills."
                yield ConfigProblem(where=where, message=message, hint="Add it to `fields`.")
            continue
        unknown = [name for name in _theirs(rule) if argument.choices and name not in argument.choices]
        if unknown:
            message = f"`fields.{argument.name}`: `{unknown[0]}` is nothing that `{spec.qualified}` knows."
            hint = _likely(unknown[0], argument.choices) or f"It knows {', '.join(argument.choices)}."
            yield ConfigProblem(where=where, message=message, hint=hint)


def _theirs(rule: FieldRule) -> Iterator[str]:
    """The values that the other system would be given, as far as they are written down."""
    yield from filter(None, (*rule.values.values(), rule.otherwise, rule.default))
    if rule.text and not _BRACED.search(rule.text):
        yield rule.text


def _likely(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else ""
