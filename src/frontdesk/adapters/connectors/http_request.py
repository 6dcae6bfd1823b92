"""An operation's request, with the arguments in it and nothing that could lead elsewhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from frontdesk.adapters.connectors.arguments import ArgumentWriter
from frontdesk.adapters.connectors.failing import not_sent
from frontdesk.domain.argument_template import parse_template
from frontdesk.domain.connector_source import HttpOperation

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """Below the system's base address."""

    method: str
    path: str
    """Escaped."""
    query: Mapping[str, str]
    body: bytes = b""
    content_type: str = ""

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path

    def with_parameter(self, name: str, value: str) -> "HttpRequest":
        return replace(self, query={**self.query, name: value})


def make_request(operation: HttpOperation, arguments: Mapping[str, Any], *, key: str) -> HttpRequest:
    """Raises: CallError: an argument can't stand where it belongs."""
    writer = ArgumentWriter(operation.spec, arguments, key=key, amounts=operation.amounts, currency=operation.currency)
    query = {name: text for name, template in operation.query.items() if (text := writer.text(template)) is not None}
    body, content_type = _body(operation, writer)
    return HttpRequest(
        method=operation.method,
        path=_path(operation.path, writer),
        query=query,
        body=body,
        content_type=content_type,
    )


def _path(template: str, writer: ArgumentWriter) -> str:
    return "".join(
        piece if isinstance(piece, str) else _segment(writer.text(f"{{{piece[0]}}}") or "", piece[0])
        for piece in parse_template(template)
    )


def _segment(text: str, name: str) -> str:
    if not text.strip("."):  # empty, or one of the two that lead upwards
        raise not_sent(f"argument `{name}` can't stand in an address")
    return quote(text, safe="")


def _body(operation: HttpOperation, writer: ArgumentWriter) -> tuple[bytes, str]:
    if operation.body is not None:
        return dump_json(writer.json(operation.body)), JSON
    if operation.form:
        form = {name: text for name, one in operation.form.items() if (text := writer.text(one)) is not None}
        return urlencode(form).encode(), FORM
    return b"", ""


def dump_json(value: Any) -> bytes:
    """Amounts have fewer digits than a float keeps."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float).encode()
