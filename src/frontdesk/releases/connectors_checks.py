"""What can be wrong in connectors.yaml though every value is of its kind."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from frontdesk.domain.errors import ConfigProblem
from frontdesk.releases.connectors_entries import (
    ArgumentEntry,
    ConnectorEntry,
    ConnectorsFile,
    FieldEntry,
    OperationEntry,
)
from frontdesk.releases.connectors_made import to_argument, to_field, transport_of
from frontdesk.releases.connectors_transports import check_auth, check_paths, check_sending, check_transport
from frontdesk.releases.yaml_files import YamlFile

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
LONGEST_TIMEOUT_S = 30.0
"""No customer waits longer for a whole turn."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in the file, for what is said about it."""

    file: YamlFile
    location: tuple[str | int, ...]
    name: str

    def problem(self, key: str, message: str, hint: str = "") -> ConfigProblem:
        where = self.file.where(*self.location, *(key.split(".") if key else ()))
        return ConfigProblem(where=where, message=f"`{self.name}`: {message}", hint=hint)


def check_connectors(file: YamlFile) -> Iterator[ConfigProblem]:
    """Every mistake, in the order of the file as far as that goes."""
    written: ConnectorsFile = file.value
    for name, entry in written.connectors.items():
        place = Place(file, ("connectors", name), name)
        if not NAME.match(name):
            yield place.problem("", "a name has small letters, digits and underscores, and begins with a letter.")
        yield from _check_connector(place, entry)
        for short, operation in entry.operations.items():
            inner = Place(file, ("connectors", name, "operations", short), f"{name}.{short}")
            yield from check_operation(inner, short, operation, entry)


def _check_connector(place: Place, entry: ConnectorEntry) -> Iterator[ConfigProblem]:
    if not any(entry.title.values()):
        yield place.problem(
            "title", "`title` needs a text in at least one language.", "Such as {en: the order system}."
        )
    if not entry.operations:
        yield place.problem("operations", "it has no operation.")
    way = transport_of(entry)
    if way is None:
        yield place.problem("", "it needs exactly one of `http`, `mcp`, `sql` and `python`.")
        return
    kind = type(way).__name__.removesuffix("Entry").lower()
    for key, message, hint in (*check_transport(way), *check_auth(way)):
        yield place.problem(f"{kind}.{key}" if key else kind, message, hint)


def check_operation(
    place: Place, name: str, operation: OperationEntry, entry: ConnectorEntry
) -> Iterator[ConfigProblem]:
    if not NAME.match(name):
        yield place.problem("", "a name has small letters, digits and underscores, and begins with a letter.")
    arguments = {key: to_argument(one) for key, one in operation.arguments.items()}
    found = {key: to_field(one) for key, one in operation.fields.items()}
    for key, argument in arguments.items():
        yield from (place.problem(f"arguments.{key}", *texts) for texts in _about_argument(key, argument))
    for key, one in found.items():
        yield from (place.problem(f"fields.{key}", *texts) for texts in _about_field(key, one))
    yield from (place.problem(*texts) for texts in _about_limits(operation, arguments))
    yield from (place.problem(*texts) for texts in _about_effects(operation, entry.operations))
    if operation.owner_field and operation.owner_field not in found:
        yield place.problem("owner_field", f"there is no field `{operation.owner_field}`.", "Describe it in `fields`.")
    way = transport_of(entry)
    if way is not None:
        yield from (place.problem(*texts) for texts in check_paths(operation, found, way.amounts))
        yield from (place.problem(*texts) for texts in check_sending(operation, arguments, way))


def _about_argument(name: str, argument: ArgumentEntry) -> Iterator[tuple[str, str]]:
    if not NAME.match(name):
        yield f"argument `{name}`: a name has small letters, digits and underscores.", ""
    if argument.bind and argument.type not in ("id", "text", "email"):
        yield f"argument `{name}`: the verified customer is an `id`, `text` or `email`.", ""
    if argument.bind and not argument.is_required:
        yield f"argument `{name}`: what is bound to the customer is always there.", "Leave out `is_required`."
    yield from _about_choices(f"argument `{name}`", argument.type, argument.choices)
    if argument.max_chars < 1:
        yield f"argument `{name}`: `max_chars` has to be above 0.", ""


def _about_field(name: str, field: FieldEntry) -> Iterator[tuple[str, str]]:
    if not NAME.match(name):
        yield f"field `{name}`: a name has small letters, digits and underscores.", "`at` says what it is called there."
    yield from _about_choices(f"field `{name}`", field.type, field.choices)
    if unknown := [value for value in field.values.values() if value not in field.choices]:
        yield f"field `{name}`: `{unknown[0]}` of `values` is none of its `choices`.", ""
    if field.max_chars < 1:
        yield f"field `{name}`: `max_chars` has to be above 0.", ""
    if field.encoding not in _ENCODINGS.get(field.type, ("",)):
        fitting = ", ".join(f"`{one}`" for one in _ENCODINGS.get(field.type, ()) if one) or "none"
        yield f"field `{name}`: `{field.encoding}` is no way to write a {field.type}.", f"There is {fitting}."


_ENCODINGS: Mapping[str, tuple[str, ...]] = {
    "money": ("", "decimal", "minor_units", "text"),
    "number": ("", "text"),
    "yes_no": ("", "text"),
    "date": ("", "seconds", "milliseconds"),
    "time": ("", "seconds", "milliseconds", "utc"),
}


def _about_choices(what: str, kind: str, choices: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if kind == "choice" and not choices:
        yield f"{what}: a choice needs its `choices`.", "Write them as [one, other]."
    if kind != "choice" and choices:
        yield f"{what}: only a `choice` has `choices`.", ""
    if len(set(choices)) < len(choices):
        yield f"{what}: a choice is named twice.", ""


def _about_limits(operation: OperationEntry, arguments: Mapping[str, ArgumentEntry]) -> Iterator[tuple[str, str, str]]:
    if not 0 < operation.timeout_s <= LONGEST_TIMEOUT_S:
        yield "timeout_s", f"`timeout_s` lies above 0 and is at most {LONGEST_TIMEOUT_S:.0f}.", ""
    if not 0 <= operation.cache_s <= 86_400:
        yield "cache_s", "`cache_s` lies between 0 and 86400.", ""
    if operation.per_customer_day < 0:
        yield "per_customer_day", "`per_customer_day` can't be negative.", "0 sets no bound."
    if operation.max_amount is None:
        return
    if not operation.max_amount.is_finite() or operation.max_amount < 0:
        yield "max_amount", "`max_amount` can't be negative.", ""
    if not any(argument.type == "money" for argument in arguments.values()):
        yield "max_amount", "no argument is `money`, so `max_amount` would hold for nothing.", "Leave it out."


def _about_effects(operation: OperationEntry, others: Mapping[str, OperationEntry]) -> Iterator[tuple[str, str, str]]:
    if operation.kind == "read":
        for name in ("per_customer_day", "max_amount", "read_back"):
            if getattr(operation, name):
                yield (
                    name,
                    f"`{name}` is for effects, and this is a read.",
                    "Write `kind: effect` if it changes something.",
                )
        if not operation.keeps_keys:
            yield "keeps_keys", "only effects have keys.", "Leave it out."
        return
    if operation.cache_s:
        yield "cache_s", "an effect is never answered from memory.", "Leave out `cache_s`."
    if operation.is_list:
        yield "is_list", "an effect returns one record.", ""
    if not operation.keeps_keys and not operation.read_back:
        hint = "Name a read operation with the argument `key` that finds the effect again."
        yield "keeps_keys", "where the system does not know keys, `read_back` is needed.", hint
    if operation.read_back:
        back = others.get(operation.read_back)
        if back is None or back.kind != "read" or "key" not in back.arguments:
            hint = "It stands beside this one, and has the argument `key`."
            yield "read_back", f"`{operation.read_back}` is no read operation by key.", hint
