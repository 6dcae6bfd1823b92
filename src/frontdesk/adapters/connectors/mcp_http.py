"""A server of the Model Context Protocol at an address: one POST a message, answered as JSON or as an event stream."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from frontdesk.adapters.connectors.failing import CallError, not_sent
from frontdesk.adapters.connectors.http_auth import Credentials
from frontdesk.adapters.connectors.http_reply import failure_of
from frontdesk.adapters.connectors.mcp import PROTOCOL, result_in
from frontdesk.adapters.connectors.strict_json import not_json, parse_json
from frontdesk.domain.connector_source import McpSource
from frontdesk.domain.record_path import parse_path

_NO_PATH = parse_path("")


class HttpLink:
    """Streamable HTTP, with the session that the server gives."""

    def __init__(
        self, source: McpSource, client: httpx.AsyncClient, credentials: Credentials, *, owns_client: bool = False
    ) -> None:
        """`owns_client`: whether the client ends with it."""
        self.session = 0
        self._owns_client = owns_client
        self._source = source
        self._client = client
        self._credentials = credentials
        self._session_id = ""
        self.is_open = False
        self._number = 0

    async def open(self, hello: Mapping[str, Any]) -> None:
        if self.is_open:
            return
        self._session_id = ""
        await self.request("initialize", hello)
        await self._post({"method": "notifications/initialized"}, None)
        self.is_open = True
        self.session += 1

    async def request(self, method: str, params: Mapping[str, Any]) -> Any:
        self._number += 1
        number = self._number
        return result_in(await self._post({"id": number, "method": method, "params": params}, number))

    async def close(self) -> None:
        """The session ends on the server, where that can be told it."""
        if self.is_open and self._session_id:
            with suppress(httpx.HTTPError, CallError):
                await self._client.delete(self._source.url, headers=await self._headers(), timeout=1.0)
        self.is_open = False
        if self._owns_client:
            await self._client.aclose()

    async def _headers(self) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "accept-encoding": "identity",
            "mcp-protocol-version": PROTOCOL,
            **self._source.headers,
            **await self._credentials.headers(self._source.url),
        }
        return {**headers, "mcp-session-id": self._session_id} if self._session_id else headers

    async def _post(self, message: Mapping[str, Any], number: int | None) -> Mapping[str, Any]:
        """The reply with this number; empty for a notification. Raises: CallError."""
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, default=float).encode()
        url = httpx.URL(self._source.url).copy_merge_params(dict(self._credentials.parameters()))
        try:
            request = self._client.build_request("POST", url, content=body, headers=await self._headers())
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                return await self._reply(response, number)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise CallError(
                "unavailable", "it can't be reached", cause="connection", may_repeat=True, health="cut"
            ) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise not_sent("its address can't be used", cause="not_set_up") from error
        except httpx.HTTPError as error:
            raise CallError(
                "unavailable",
                "the connection broke",
                cause="connection",
                is_unclear=True,
                may_repeat=True,
                health="cut",
            ) from error

    async def _reply(self, response: httpx.Response, number: int | None) -> Mapping[str, Any]:
        if not response.is_success:
            if response.status_code == 404 and self._session_id:  # it has forgotten us
                self.is_open = False
                raise CallError("unavailable", "its session has ended", cause="status", may_repeat=True)
            raise failure_of(response, b"", kinds={}, error_text=_NO_PATH, error_fields=_NO_PATH)
        self._session_id = response.headers.get("mcp-session-id", self._session_id)
        if number is None:
            return {}
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        seen, rest = 0, b""
        async for piece in response.aiter_raw():
            seen += len(piece)
            if seen > self._source.bounds.max_bytes:
                raise CallError("malformed", "the reply is too long", cause="too_large", is_unclear=True, field="reply")
            rest += piece
            if is_stream:
                *events, rest = rest.replace(b"\r\n", b"\n").split(b"\n\n")
                for event in events:
                    if (found := _in_event(event, number)) is not None:
                        return found
        found = _in_event(rest, number) if is_stream else _addressed(parse_json(rest), number)
        if found is None:
            raise not_json("does not hold the answer")
        return found


def _in_event(event: bytes, number: int) -> Mapping[str, Any] | None:
    lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
    return _addressed(parse_json(b"\n".join(lines)), number) if any(lines) else None


def _addressed(message: Any, number: int) -> Mapping[str, Any] | None:
    """The message where it answers that request."""
    is_ours = isinstance(message, dict) and message.get("id") == number and "method" not in message
    return message if is_ours else None
