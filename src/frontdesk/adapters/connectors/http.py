"""Systems that are spoken to over HTTP, as their mapping says."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from frontdesk.adapters.connectors.failing import CallError, not_sent
from frontdesk.adapters.connectors.http_auth import Credentials
from frontdesk.adapters.connectors.http_pages import next_page
from frontdesk.adapters.connectors.http_reply import age_s, failure_of, read_body, value_in
from frontdesk.adapters.connectors.http_request import HttpRequest, make_request
from frontdesk.adapters.connectors.records import Raw
from frontdesk.domain.connector import MAX_ROWS, Value
from frontdesk.domain.connector_source import HttpOperation, HttpSource
from frontdesk.domain.record_path import parse_path

MOST_REDIRECTS = 3
MAX_DOCUMENT_BYTES = 10_000_000
"""Of a description; those of large systems have some megabytes."""


class HttpTransport:
    """Requests below one base address, and to no other host."""

    def __init__(
        self,
        source: HttpSource,
        client: httpx.AsyncClient,
        *,
        credentials: Credentials,
        base_url: Callable[[], str],
        owns_client: bool = False,
    ) -> None:
        """
        Args:
            base_url: where the system is; empty while it isn't known.
            owns_client: whether the client ends with it.
        """
        self._owns_client = owns_client
        self._source = source
        self._client = client
        self._base_url = base_url
        self._credentials = credentials
        self._operations = {one.spec.name: one for one in source.operations}
        self._error_text = parse_path(source.error_text)
        self._error_fields = parse_path(source.error_fields)

    async def ask(self, operation: str, arguments: Mapping[str, Value], *, key: str, timeout_s: float) -> Raw:  # noqa: ARG002
        described = self._operations[operation]
        request = make_request(described, arguments, key=key)
        base_url = self._base_url()
        if not base_url:
            raise not_sent(
                "it is simulated, and the simulation does not run here; FRONTDESK_BACKOFFICE_URL says where it does",
                cause="not_set_up",
            )
        replies: list[Any] = []
        rows_at, count, oldest_s = parse_path(described.reply.rows), 0, 0.0
        following: HttpRequest | str | None = request
        pages_left = described.pages.max_pages if described.pages else 1
        while following is not None and pages_left and count < MAX_ROWS:
            response, reply = await self._exchange(described, base_url, following, key)
            replies.append(reply)
            oldest_s = max(oldest_s, age_s(response))
            records = rows_at.find(reply)
            count += len(records) if isinstance(records, list) else 1
            pages_left -= 1
            following = (
                next_page(described.pages, request, following, response, reply, records, base_url)
                if described.pages
                else None
            )
        return Raw(replies=replies, is_partial=following is not None, age_s=oldest_s)

    @property
    def is_known(self) -> bool:
        """Whether there is an address to ask."""
        return bool(self._base_url())

    async def fetch(self, path: str) -> bytes:
        """A document of the system, such as its description. Raises: CallError."""
        base_url = self._base_url()
        headers = {"accept": "application/json", "accept-encoding": "identity", **self._source.headers}
        headers.update(await self._credentials.headers(base_url))
        response, body = await self._send("GET", base_url + path, headers, b"", max_bytes=MAX_DOCUMENT_BYTES)
        if not response.is_success:
            raise failure_of(response, body, kinds={}, error_text=self._error_text, error_fields=self._error_fields)
        return body

    async def close(self) -> None:
        if self._owns_client:
            await self._client.aclose()

    async def _exchange(
        self, operation: HttpOperation, base_url: str, request: HttpRequest | str, key: str
    ) -> tuple[httpx.Response, Any]:
        """One request and its reply as JSON. Raises: CallError."""
        url = request if isinstance(request, str) else base_url + request.target
        headers = await self._headers(operation, base_url, request, key)
        content = request.body if isinstance(request, HttpRequest) else b""
        for _ in range(1 + MOST_REDIRECTS):
            response, body = await self._send(operation.method, url, headers, content)
            if response.is_success:
                self._credentials.worked()
                return response, value_in(response, body, content_types=self._source.content_types)
            url = self._led_to(operation, url, response)
            if not url:
                break
        error = failure_of(
            response,
            body,
            kinds=operation.failures,
            error_text=self._error_text,
            error_fields=self._error_fields,
        )
        if error.cause == "key_refused" and self._credentials.renew():
            raise CallError(
                "unavailable", error.why, cause="key_refused", may_repeat=True, status=str(response.status_code)
            )
        raise error

    def _led_to(self, operation: HttpOperation, url: str, response: httpx.Response) -> str:
        """Where a redirect of a read leads, on the same host; else empty."""
        if not response.has_redirect_location or operation.method != "GET":
            return ""
        target = httpx.URL(url).join(response.headers["location"])
        return str(target) if _origin(str(target)) == _origin(url) else ""

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, *, max_bytes: int = 0
    ) -> tuple[httpx.Response, bytes]:
        """Raises: CallError."""
        address = _with_parameters(url, self._credentials.parameters())
        try:
            wire = self._client.build_request(method, address, headers=headers, content=content or None)
            response = await self._client.send(wire, stream=True, follow_redirects=False)
            try:
                return response, await read_body(response, max_bytes=max_bytes or self._source.bounds.max_bytes)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _no_connection("it can't be reached", is_unclear=False) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise not_sent("its address can't be used", cause="not_set_up") from error
        except httpx.HTTPError as error:
            raise _no_connection("the connection broke", is_unclear=True) from error

    async def _headers(
        self, operation: HttpOperation, base_url: str, request: HttpRequest | str, key: str
    ) -> dict[str, str]:
        headers = {"accept": "application/json", "accept-encoding": "identity", **self._source.headers}
        if isinstance(request, HttpRequest) and request.content_type:
            headers["content-type"] = request.content_type
        if key and operation.spec.kind == "effect" and self._source.key_header:
            headers[self._source.key_header] = key
        return {**headers, **await self._credentials.headers(base_url)}


def _no_connection(why: str, *, is_unclear: bool) -> CallError:
    return CallError("unavailable", why, cause="connection", is_unclear=is_unclear, may_repeat=True, health="cut")


def _with_parameters(url: str, parameters: Mapping[str, str]) -> httpx.URL:
    return httpx.URL(url).copy_merge_params(parameters) if parameters else httpx.URL(url)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
