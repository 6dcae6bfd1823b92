"""What an OpenAPI document says of a system's operations: parameters, bodies and replies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from frontdesk.releases.yaml_files import read_text

Schema = Mapping[str, Any]
_DEEPEST = 40
"""References and parts of parts that are followed; more of them go in circles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One operation as the document has it."""

    query: Mapping[str, bool]
    """Parameters of the query, and whether they are required."""
    body: Sequence[Schema] | None
    """Variants of the JSON or form body; None where there is none, empty where anything goes."""
    reply: Sequence[Schema]
    """Variants of the reply that goes well; empty where it isn't described."""


class OpenApiDocument:
    """Version 3, with references inside the document only."""

    def __init__(self, value: Any) -> None:
        """Raises: ValueError: it is none."""
        if not isinstance(value, dict) or not isinstance(value.get("paths"), dict):
            raise ValueError("this is no OpenAPI document: it has no `paths`")  # noqa: TRY004
        self._value: Mapping[str, Any] = value
        servers = value.get("servers") or [{}]
        first = servers[0].get("url", "") if isinstance(servers, list) and isinstance(servers[0], dict) else ""
        self._base = urlsplit(str(first)).path.rstrip("/")

    def find(self, method: str, base: str, path: str) -> Described | None:
        """The operation for a path of ours, whether the base path stands in the document or beside it.

        Args:
            base: path of the base address.
        """
        ours = (_shape(path), _shape(base + path))
        fitting = [
            (written.count("{"), item, item[method.lower()])
            for written, item in self._value["paths"].items()
            if isinstance(item, dict)
            and isinstance(item.get(method.lower()), dict)
            and any(_fits(_shape(theirs), one) for theirs in (written, self._base + written) for one in ours)
        ]
        if not fitting:
            return None
        _, item, operation = min(fitting, key=lambda one: one[0])
        return self._described(item, operation)

    def members(self, variants: Sequence[Schema]) -> Mapping[str, Sequence[Schema]]:
        """Everything that objects of these kinds may have, by name, each with its variants."""
        found: dict[str, list[Schema]] = {}
        for schema in variants:
            for name, inner in (schema.get("properties") or {}).items():
                found.setdefault(name, []).extend(self.variants(inner))
        return found

    def variants(self, schema: Any, depth: int = 0) -> Sequence[Schema]:
        """A schema as the plain ones it may be: references followed, alternatives listed, parts put together."""
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return []
        if "$ref" in schema:
            return self.variants(self._at(str(schema["$ref"])), depth + 1)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return [one for part in schema[word] for one in self.variants(part, depth + 1)]
        if "allOf" in schema:
            return [self._together([one for part in schema["allOf"] for one in self.variants(part, depth + 1)], schema)]
        return [schema]

    def _together(self, parts: Sequence[Schema], whole: Schema) -> Schema:
        every = [*parts, whole]
        return {
            **{name: value for part in every for name, value in part.items() if name != "allOf"},
            "properties": {name: one for part in every for name, one in (part.get("properties") or {}).items()},
            "required": [name for part in every for name in part.get("required") or []],
        }

    def _at(self, reference: str) -> Any:
        found: Any = self._value
        for name in reference.removeprefix("#/").split("/"):
            found = found.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        return found

    def _resolved(self, value: Any) -> Any:
        return self._at(str(value["$ref"])) if isinstance(value, dict) and "$ref" in value else value

    def _described(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> Described:
        parameters = [
            self._resolved(one) for one in [*(item.get("parameters") or []), *(operation.get("parameters") or [])]
        ]
        return Described(
            query={
                str(one["name"]): bool(one.get("required"))
                for one in parameters
                if isinstance(one, dict) and one.get("in") == "query"
            },
            body=self._body(self._resolved(operation.get("requestBody"))),
            reply=self._reply(operation.get("responses") or {}),
        )

    def _body(self, body: Any) -> Sequence[Schema] | None:
        return self._content(body) if isinstance(body, dict) else None

    def _reply(self, responses: Mapping[Any, Any]) -> Sequence[Schema]:
        good = [self._resolved(reply) for status, reply in responses.items() if str(status).startswith("2")]
        return [schema for reply in good if isinstance(reply, dict) for schema in self._content(reply)]

    def _content(self, holder: Mapping[str, Any]) -> Sequence[Schema]:
        content = holder.get("content") or {}
        kinds = [kind for kind in content if "json" in kind or "form" in kind]
        return [schema for kind in kinds for schema in self.variants((content[kind] or {}).get("schema"))]


def read_document(path: Path) -> OpenApiDocument:
    """JSON or YAML. Raises: OSError; ValueError: it is no OpenAPI document."""
    try:
        return OpenApiDocument(yaml.load(read_text(path), Loader=_LOADER))  # noqa: S506 - a safe one, in C where it is built
    except yaml.YAMLError as error:
        raise ValueError("this is neither JSON nor YAML") from error


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _shape(path: str) -> tuple[str, ...]:
    """A path with its places unnamed."""
    return tuple("{}" if "{" in part else part for part in path.strip("/").split("/"))


def _fits(theirs: tuple[str, ...], ours: tuple[str, ...]) -> bool:
    """Where they have a place, we may have a place or a word."""
    return len(theirs) == len(ours) and all(one in ("{}", other) for one, other in zip(theirs, ours, strict=True))


def types_of(variants: Sequence[Schema]) -> Iterator[str]:
    """The JSON types that a value may have; none where it isn't said."""
    for schema in variants:
        kind = schema.get("type")
        yield from kind if isinstance(kind, list) else [str(kind)] if kind else []
