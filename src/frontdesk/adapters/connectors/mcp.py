"""Servers of the Model Context Protocol: allow-listed tools, called as long as their schemas are the ones agreed to."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from frontdesk import __version__
from frontdesk.adapters.connectors.arguments import ArgumentWriter
from frontdesk.adapters.connectors.failing import CallError, not_sent, reason_in
from frontdesk.adapters.connectors.records import Raw
from frontdesk.adapters.connectors.strict_json import parse_json
from frontdesk.domain.connector import Value
from frontdesk.domain.connector_source import McpSource

PROTOCOL = "2025-06-18"
"""The revision we speak; servers of later ones understand it."""
LOOK_AGAIN_S = 60.0
"""After which the list of tools is asked for again (a guess)."""
START_S = 30.0
"""For a server that has to start first; some are fetched before they run (a guess)."""
MOST_PAGES = 20
_INVALID = -32602


class McpLink(Protocol):
    """JSON-RPC to one server."""

    @property
    def is_open(self) -> bool: ...

    @property
    def session(self) -> int:
        """Rises with every new connection; 0 while there is none."""
        ...

    async def open(self, hello: Mapping[str, Any]) -> None:
        """Connect and initialise, unless that is done. Raises: CallError."""
        ...

    async def request(self, method: str, params: Mapping[str, Any]) -> Any:
        """Its result. Raises: CallError."""
        ...

    async def close(self) -> None: ...


class McpTransport:
    """Tools as operations."""

    def __init__(self, source: McpSource, link: McpLink, *, monotonic: Callable[[], float]) -> None:
        self._operations = {one.spec.name: one for one in source.operations}
        self.link = link
        self._monotonic = monotonic
        self._tools: Mapping[str, Mapping[str, Any]] = {}
        self._looked_at = 0.0
        self._session = 0
        self._preparing: asyncio.Task[Mapping[str, Mapping[str, Any]]] | None = None

    async def ask(self, operation: str, arguments: Mapping[str, Value], *, key: str, timeout_s: float) -> Raw:  # noqa: ARG002
        described = self._operations[operation]
        writer = ArgumentWriter(
            described.spec, arguments, key=key, amounts=described.amounts, currency=described.currency
        )
        given = {
            name: value for name, template in described.send.items() if (value := writer.json(template)) is not None
        }
        given = given if described.send else writer.all()
        if described.key_argument and key:
            given[described.key_argument] = key
        self._check(described.tool, described.pin, await self.tools())
        result = await self.link.request("tools/call", {"name": described.tool, "arguments": given})
        return Raw(replies=[_value_in(result)])

    async def tools(self) -> Mapping[str, Mapping[str, Any]]:
        """What the server offers, by name. Raises: CallError."""
        if self._preparing is None or self._preparing.done():
            if self._is_current:
                return self._tools
            self._preparing = asyncio.create_task(self._prepare())
            self._preparing.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._preparing)  # a server may take longer to start than one call has time

    async def close(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        await self.link.close()

    @property
    def _is_current(self) -> bool:
        is_fresh = self._monotonic() - self._looked_at <= LOOK_AGAIN_S
        return self.link.is_open and self._session == self.link.session and is_fresh

    async def _prepare(self) -> Mapping[str, Mapping[str, Any]]:
        try:
            async with asyncio.timeout(START_S):
                await self.link.open(_HELLO)
                self._tools = await self._list()
        except TimeoutError as error:
            why = f"it did not start within {START_S:.0f} s"
            raise CallError("silent", why, cause="time", health="timeout_fb") from error
        self._session, self._looked_at = self.link.session, self._monotonic()
        return self._tools

    async def _list(self) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self.link.request("tools/list", {"cursor": cursor} if cursor else {})
            found.update({str(tool.get("name")): tool for tool in _tools_on(page)})
            cursor = page.get("nextCursor")
            if not cursor:
                break
        return found

    def _check(self, tool: str, pin: str, tools: Mapping[str, Mapping[str, Any]]) -> None:
        if tool not in tools:
            raise CallError("malformed", f"there is no tool `{tool}` any more", cause="schema", field=tool)
        if not pin:
            raise not_sent(f"the tool `{tool}` is not pinned; `frontdesk connector pin` does it", cause="not_set_up")
        if pin_of(tools[tool]) != pin:
            why = f"the schema of the tool `{tool}` is not the one that is pinned"
            raise CallError("malformed", why, cause="schema", field=tool)


_HELLO: Mapping[str, Any] = {
    "protocolVersion": PROTOCOL,
    "capabilities": {},
    "clientInfo": {"name": "frontdesk", "version": __version__},
}


def pin_of(tool: Mapping[str, Any]) -> str:
    """Digest of what a tool takes and gives. Its description is for models, and no model reads it here."""
    agreed = {name: tool.get(name) for name in ("name", "inputSchema", "outputSchema")}
    written = json.dumps(agreed, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(written.encode()).hexdigest()}"


def result_in(message: Mapping[str, Any]) -> Any:
    """What a reply of JSON-RPC holds. Raises: CallError."""
    if "error" not in message:
        return message.get("result")
    error = message["error"] if isinstance(message["error"], dict) else {}
    why = f"it refuses: {reason_in(error.get('message', ''))}"
    if error.get("code") == _INVALID:
        raise CallError("rejected", why, cause="schema")
    raise CallError("unavailable", why, cause="status", is_unclear=True, may_repeat=True, health="5xx")


def _tools_on(page: Any) -> Sequence[Mapping[str, Any]]:
    tools = page.get("tools") if isinstance(page, dict) else None
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise CallError("malformed", "`tools` is no list", cause="schema", field="tools")
    return tools


def _value_in(result: Any) -> Any:
    """The JSON value that a tool returned."""
    if not isinstance(result, dict):
        raise CallError("malformed", "the tool's result is no object", cause="field", is_unclear=True, field="result")
    content = result.get("content") or []
    texts = [item.get("text", "") for item in content if isinstance(item, dict) and item.get("type") == "text"]
    if result.get("isError"):
        raise CallError("rejected", f"the tool refuses: {reason_in(texts[0] if texts else '')}", cause="status")
    if isinstance(result.get("structuredContent"), dict):
        return result["structuredContent"]
    return parse_json(texts[0].encode()) if texts else None
