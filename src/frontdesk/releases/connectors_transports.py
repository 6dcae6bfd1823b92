"""What can be wrong in how a system of connectors.yaml is spoken to; each mistake as key, message and hint."""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, get_args
from urllib.parse import urlsplit

from frontdesk.domain.argument_template import names_in
from frontdesk.domain.connector_source import SIMULATOR, Amounts, Auth, Method, Pages
from frontdesk.domain.record_path import parse_path
from frontdesk.releases.connectors_entries import (
    ArgumentEntry,
    FieldEntry,
    HttpEntry,
    McpEntry,
    OperationEntry,
    PythonEntry,
    SqlEntry,
)

Way = HttpEntry | McpEntry | SqlEntry | PythonEntry
Mistake = tuple[str, str, str]
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_SELECT = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)
_BOUND = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PIN = re.compile(r"sha256:[0-9a-f]{64}\Z")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"})
_ALLOWED: Mapping[type[Way], frozenset[str]] = {
    HttpEntry: frozenset({"request", "query", "body", "form", "pages", "failures", "currency"}),
    McpEntry: frozenset({"tool", "pin", "send", "key_argument", "currency"}),
    SqlEntry: frozenset({"sql"}),
    PythonEntry: frozenset({"function"}),
}
_OF_TRANSPORTS = frozenset().union(*_ALLOWED.values())
_AUTH_NEEDS: Mapping[str, frozenset[str]] = {
    "none": frozenset(),
    "bearer": frozenset({"secret_env"}),
    "header": frozenset({"secret_env", "name"}),
    "query": frozenset({"secret_env", "name"}),
    "basic": frozenset({"user_env"}),
    "client_credentials": frozenset({"secret_env", "user_env", "token_path"}),
}
_AUTH_MAY: Mapping[str, frozenset[str]] = {"basic": frozenset({"secret_env"})}


def check_transport(way: Way) -> Iterator[Mistake]:
    """Where it is, and the bounds."""
    for name, least in (("requests_per_minute", 0), ("max_concurrency", 1), ("max_bytes", 1), ("attempts", 1)):
        if getattr(way, name) < least:
            yield name, f"`{name}` is at least {least}.", ""
    match way:
        case HttpEntry():
            if not is_address(way.base_url) and not way.base_url.startswith(SIMULATOR):
                yield "base_url", f"`{way.base_url}` is no address.", "It begins with https:// or http://."
            yield from _about_path("error_text", way.error_text)
            yield from _about_path("error_fields", way.error_fields)
        case McpEntry():
            if bool(way.command) == bool(way.url):
                yield "", "it needs `command` or `url`, and not both.", ""
            if way.url and not is_address(way.url):
                yield "url", f"`{way.url}` is no address.", "It begins with https:// or http://."
            for key, name in way.environment.items():
                yield from _about_variable(f"environment.{key}", name)
        case SqlEntry():
            if bool(way.url_env) == bool(way.file):
                yield "", "it needs `url_env` or `file`, and not both.", ""
            if way.url_env:
                yield from _about_variable("url_env", way.url_env)


def check_auth(way: Way) -> Iterator[Mistake]:
    if not isinstance(way, HttpEntry | McpEntry):
        return
    auth: Auth = way.auth
    address = way.base_url if isinstance(way, HttpEntry) else way.url
    if is_address(address) and "@" in urlsplit(address).netloc:
        key = "base_url" if isinstance(way, HttpEntry) else "url"
        yield key, "an address with a password would be a secret in this file.", "Use `auth`, which names a variable."
    needed = _AUTH_NEEDS[auth.kind]
    for name in ("secret_env", "user_env", "name", "token_path"):
        if name in needed and not getattr(auth, name):
            yield "auth", f"`{auth.kind}` needs `{name}`.", ""
        if name not in needed | _AUTH_MAY.get(auth.kind, frozenset()) and getattr(auth, name):
            yield f"auth.{name}", f"`{auth.kind}` takes no `{name}`.", ""
    for name in ("secret_env", "user_env"):
        if getattr(auth, name):
            yield from _about_variable(f"auth.{name}", getattr(auth, name))
    for name, value in way.headers.items():
        if not _HEADER.match(name) or not value.isascii() or not value.isprintable():
            yield f"headers.{name}", f"`{name}` can't be sent as a header.", "Plain letters and digits can."
        if name.lower() in _SECRET_HEADERS:
            yield f"headers.{name}", f"`{name}` would be a secret in this file.", "Use `auth`, which names a variable."


def _about_variable(key: str, name: str) -> Iterator[Mistake]:
    if not _VARIABLE.match(name):
        hint = "Put the secret itself into that variable, where the server starts."
        yield key, "it names an environment variable, in capital letters.", hint


def is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def check_paths(operation: OperationEntry, fields: Mapping[str, FieldEntry], amounts: Amounts) -> Iterator[Mistake]:
    """Where records and fields are found, and what currency an amount is in."""
    yield from _about_path("rows", operation.rows)
    for name, field in fields.items():
        yield from _about_path(f"fields.{name}.at", field.at)
        if field.type == "money" and (field.encoding or amounts) == "minor_units":
            is_known = _CURRENCY.match(field.currency) or field.currency in fields
            if not is_known:
                hint = "Name the field that says it, or write a code such as EUR."
                yield f"fields.{name}", f"field `{name}`: cents of which currency? `currency` is missing.", hint


def _about_path(key: str, path: str) -> Iterator[Mistake]:
    try:
        parse_path(path)
    except ValueError as error:
        yield key, f"{error}.", "Such as `data.orders` or `parts[0].number`."


def check_sending(operation: OperationEntry, arguments: Mapping[str, ArgumentEntry], way: Way) -> Iterator[Mistake]:
    """How it is asked for, and that every argument goes somewhere."""
    empty = OperationEntry()
    for name in sorted(_OF_TRANSPORTS - _ALLOWED[type(way)]):
        if getattr(operation, name) != getattr(empty, name):
            kind = type(way).__name__.removesuffix("Entry").lower()
            yield name, f"`{name}` means nothing for `{kind}`.", "Leave it out."
    match way:
        case HttpEntry():
            yield from _about_request(operation, arguments)
            yield from _about_pages(operation.pages, is_list=operation.is_list)
            texts = [
                operation.request,
                *_texts_in(operation.query),
                *_texts_in(operation.body),
                *_texts_in(operation.form),
            ]
            yield from _about_places(texts, arguments, operation)
        case McpEntry():
            yield from _about_tool(operation, arguments)
        case SqlEntry():
            yield from _about_sql(operation, arguments)
        case PythonEntry():
            if not _FUNCTION.match(operation.function):
                yield "function", "`function` is written as module:function.", "Such as `my_shop.rules:open_refunds`."
    if isinstance(way, HttpEntry | McpEntry) and way.amounts == "minor_units":
        yield from _about_cents(operation, arguments)


def _about_tool(operation: OperationEntry, arguments: Mapping[str, ArgumentEntry]) -> Iterator[Mistake]:
    if not operation.tool:
        yield "", "`tool` is missing.", "It is the tool's name on its server."
    if operation.pin and not _PIN.match(operation.pin):
        yield "pin", "a pin is `sha256:` and 64 digits.", "`frontdesk connector pin` writes it."
    if not _is_json(operation.send):
        yield "send", "it holds what JSON has no word for.", "Put dates in quotation marks."
    if operation.send:
        yield from _about_places(list(_texts_in(operation.send)), arguments, operation)


def _about_request(operation: OperationEntry, arguments: Mapping[str, ArgumentEntry]) -> Iterator[Mistake]:
    method, _, path = operation.request.partition(" ")
    if method not in get_args(Method) or not path.strip().startswith("/") or len(operation.request.split()) != 2:
        yield "request", "`request` is a method and a path.", "Such as `GET /orders/{order}`."
        return
    if "?" in path or "#" in path:
        yield "request", "`request` ends with the path.", "Write parameters in `query`."
    if not _is_json(operation.body):
        yield "body", "it holds what JSON has no word for.", "Put dates in quotation marks."
    if operation.kind == "read" and method not in ("GET", "POST"):
        yield "request", f"a read does not {method}.", "Write `kind: effect` if it changes something."
    if operation.kind == "effect" and method == "GET":
        yield "request", "an effect is never a GET, which anything between may repeat.", ""
    if operation.body is not None and operation.form:
        yield "form", "a request has a `body` or a `form`, and not both.", ""
    if method == "GET" and (operation.body is not None or operation.form):
        yield "body" if operation.form == {} else "form", "a GET sends nothing but its address.", "Use `query`."
    for name in _names_in_all([path]):
        if name in arguments and not arguments[name].is_required:
            yield "request", f"`{{{name}}}` stands in the path, and may be missing.", "Make it required."


def _about_places(
    texts: Iterable[str], arguments: Mapping[str, ArgumentEntry], operation: OperationEntry
) -> Iterator[Mistake]:
    """Every place in a text names an argument, and every argument has a place."""
    named: set[str] = set()
    for text in texts:
        try:
            named.update(names_in(text))
        except ValueError as error:
            yield "", f"{error}.", ""
    known = {*arguments, "key"} if operation.kind == "effect" else {*arguments}
    for name in sorted(named - known):
        yield "arguments", f"`{{{name}}}` is no argument of it.", "Describe it in `arguments`."
    for name in sorted(set(arguments) - named - {operation.currency}):
        yield f"arguments.{name}", f"argument `{name}` is sent nowhere.", f"Write `{{{name}}}` where it belongs."


def _names_in_all(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield from names_in(text)
        except ValueError:  # told elsewhere
            continue


def _is_json(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _is_json(item) for name, item in value.items())
    if isinstance(value, list | tuple):
        return all(_is_json(item) for item in value)
    return value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts_in(item)


def _about_pages(pages: Pages | None, *, is_list: bool) -> Iterator[Mistake]:
    if pages is None:
        return
    if not is_list:
        yield "pages", "only a list has pages.", "Write `is_list: true`."
    needed = {
        "page": ("parameter",),
        "cursor": ("parameter", "at"),
        "last_record": ("parameter", "at", "more_at"),
        "next_url": ("at",),
    }.get(pages.kind, ())
    for name in needed:
        if not getattr(pages, name):
            yield "pages", f"`{pages.kind}` needs `{name}`.", ""
    if pages.kind == "page" and not pages.page_size and not pages.more_at:
        yield "pages", "`page` needs `page_size` or `more_at`, to tell which page is the last.", ""
    for name in ("at", "more_at"):
        yield from _about_path(f"pages.{name}", getattr(pages, name))
    if not 1 <= pages.max_pages <= 20:
        yield "pages.max_pages", "`max_pages` lies between 1 and 20.", ""


def _about_sql(operation: OperationEntry, arguments: Mapping[str, ArgumentEntry]) -> Iterator[Mistake]:
    if operation.kind == "effect":
        yield "kind", "a database is only read; effects belong to the system that owns the data.", ""
    bare = _QUOTED.sub("''", operation.sql).strip().removesuffix(";")
    if not _SELECT.match(bare) or ";" in bare:
        yield "sql", "`sql` is one SELECT.", ""
    named = set(_BOUND.findall(bare))
    for name in sorted(named - set(arguments)):
        yield "sql", f"`:{name}` is no argument of it.", "Describe it in `arguments`."
    for name in sorted(set(arguments) - named):
        yield f"arguments.{name}", f"argument `{name}` is used nowhere.", f"Write `:{name}` where it belongs."


def _about_cents(operation: OperationEntry, arguments: Mapping[str, ArgumentEntry]) -> Iterator[Mistake]:
    has_money = any(argument.type == "money" for argument in arguments.values())
    if has_money and not _CURRENCY.match(operation.currency) and operation.currency not in arguments:
        hint = "Name the argument that says it, or write a code such as EUR."
        yield "currency", "cents of which currency are sent? `currency` is missing.", hint
