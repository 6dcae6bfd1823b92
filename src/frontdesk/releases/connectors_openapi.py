"""Whether a mapping of connectors.yaml fits the system's own description: what it uses exists, and is of its kind."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from frontdesk.domain.connector import FieldSpec
from frontdesk.domain.connector_source import FieldSource, HttpOperation, HttpSource
from frontdesk.domain.record_path import parse_path
from frontdesk.releases.openapi_document import Described, OpenApiDocument, Schema, types_of

_STRING = frozenset({"string"})
_NUMBER = frozenset({"number", "integer"})
_TYPES: Mapping[tuple[str, str], frozenset[str]] = {
    ("id", ""): frozenset({"string", "integer"}),
    ("number", ""): _NUMBER,
    ("money", ""): _NUMBER,
    ("money", "decimal"): _NUMBER,
    ("money", "minor_units"): frozenset({"integer", "number"}),
    ("yes_no", ""): frozenset({"boolean"}),
    ("yes_no", "text"): frozenset({"string", "integer", "boolean"}),
    ("choice", ""): frozenset({"string", "integer", "boolean"}),
    **{(kind, unit): _NUMBER for kind in ("date", "time") for unit in ("seconds", "milliseconds")},
}
"""JSON types in which a field may come, by its type and encoding; everything else comes as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    operation: str
    key: str
    """What of the operation it is about, such as `fields.status`."""
    message: str
    hint: str = ""


def mismatches(document: OpenApiDocument, source: HttpSource) -> Iterator[Mismatch]:
    """Everything that the mapping uses and the document doesn't have, or has in another way."""
    base = urlsplit(source.base_url).path if "://" in source.base_url else ""
    for operation in source.operations:
        described = document.find(operation.method, base, operation.path)
        if described is None:
            message = f"the system has no `{operation.method} {operation.path}`"
            yield Mismatch(operation=operation.spec.name, key="request", message=message)
            continue
        for key, message, hint in (
            *_about_query(operation, described),
            *_about_body(document, operation, described),
            *_about_reply(document, operation, described),
        ):
            yield Mismatch(operation=operation.spec.name, key=key, message=message, hint=hint)


def _about_query(operation: HttpOperation, described: Described) -> Iterator[tuple[str, str, str]]:
    pages = {operation.pages.parameter} if operation.pages and operation.pages.parameter else set()
    for name in {*operation.query, *pages} - set(described.query):
        yield "query", f"the system has no parameter `{name}`", _likely(name, described.query)
    for name, is_required in described.query.items():
        if is_required and name not in operation.query:
            yield "query", f"the system wants the parameter `{name}`", "Write it in `query`."


def _about_body(
    document: OpenApiDocument, operation: HttpOperation, described: Described
) -> Iterator[tuple[str, str, str]]:
    sent = operation.body if isinstance(operation.body, dict) else operation.form
    key = "form" if operation.form else "body"
    if described.body is None:
        if sent:
            yield key, "the system takes no body here", ""
        return
    members = document.members(described.body)
    if not members:  # anything goes
        return
    for name in sorted({name.partition("[")[0] for name in sent} - set(members)):
        yield key, f"the system takes no `{name}`", _likely(name, members)
    wanted = set(described.body[0].get("required") or []) if len(described.body) == 1 else set()
    for name in sorted(wanted - set(sent)):
        yield key, f"the system wants `{name}`", f"Write it in `{key}`."


def _about_reply(
    document: OpenApiDocument, operation: HttpOperation, described: Described
) -> Iterator[tuple[str, str, str]]:
    if not described.reply or not operation.spec.fields:
        return
    records = _walk(document, described.reply, operation.reply.rows)
    if records is None:
        yield "rows", f"the reply has nothing at `{operation.reply.rows or 'its top'}`", ""
        return
    if operation.spec.is_list:
        if records and not any(kind == "array" for kind in types_of(records)):
            yield "rows", f"`{operation.reply.rows or 'the reply'}` is no list", ""
            return
        records = [one for schema in records for one in document.variants(schema.get("items"))]
    for spec in operation.spec.fields:
        source = operation.reply.fields[spec.name]
        yield from _about_field(document, records, spec, source)


def _about_field(
    document: OpenApiDocument, records: Sequence[Schema], spec: FieldSpec, source: FieldSource
) -> Iterator[tuple[str, str, str]]:
    key = f"fields.{spec.name}"
    found = _walk(document, records, source.at)
    if found is None:
        names = document.members(records)
        yield key, f"a record has nothing at `{source.at}`", _likely(source.at, names)
        return
    kinds = set(types_of(found)) - {"null"}
    fitting = _TYPES.get((spec.type, source.encoding), _STRING)
    if kinds and "[*]" not in source.at and not kinds & fitting:
        yield (
            key,
            f"`{source.at}` is {' or '.join(sorted(kinds))} and was agreed to be {spec.type}",
            _advice(spec, kinds),
        )
    if spec.type == "choice":
        values = {_word(value) for schema in found for value in schema.get("enum") or [] if value is not None}
        unknown = sorted(value for value in values if source.values.get(value, value) not in spec.choices)
        if unknown:
            said = ", ".join(f"`{value}`" for value in unknown)
            yield key, f"`{source.at}` may also be {said}", "Add it to `choices`, or to `values`."


def _walk(document: OpenApiDocument, variants: Sequence[Schema], path: str) -> Sequence[Schema] | None:
    """The schemas at a path; None where it leads nowhere, and empty where the document doesn't say."""
    found: list[Schema] = []
    is_there = False
    for way in parse_path(path).members:
        schemas: Sequence[Schema] | None = variants
        for step in way:
            schemas = _step(document, schemas, step) if schemas else schemas
        is_there |= schemas is not None
        found.extend(schemas or ())
    return found if is_there else None


def _step(document: OpenApiDocument, schemas: Sequence[Schema], name: str | None) -> Sequence[Schema] | None:
    if name is None:
        return [one for schema in schemas for one in document.variants(schema.get("items"))]
    members = document.members(schemas)
    if name in members:
        return members[name]
    return [] if any(_is_open(schema) for schema in schemas) else None


def _is_open(schema: Schema) -> bool:
    """Whether it may have members that are not described."""
    kinds = set(types_of([schema]))
    may_be_object = not kinds or "object" in kinds
    return may_be_object and bool(not schema.get("properties") or schema.get("additionalProperties"))


def _advice(spec: FieldSpec, kinds: set[str]) -> str:
    if spec.type == "money" and "string" in kinds:
        return "Write `encoding: text`."
    return "Write `encoding: text`." if spec.type == "number" and "string" in kinds else ""


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _likely(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean `{close[0]}`?" if close else ""
