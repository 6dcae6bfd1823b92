"""What every request and response passes through, as plain ASGI: size, headers, origins.

No `BaseHTTPMiddleware`: its cancel scope would end work inside a stream.
"""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.domain.attachments import MAX_ATTACHMENT_BYTES
from frontdesk.domain.errors import TooLargeError
from frontdesk.server.bodies import MAX_BODY_BYTES, MAX_OPENAI_BODY_BYTES
from frontdesk.server.origins import EmbeddingOrigins
from frontdesk.server.problems import OPENAI_PREFIX, refusal
from frontdesk.turn.running.runner import TurnRunner

CORS_PREFIXES = ("/v1/conversations", "/v1/assistant")
"""What a chat on another website calls."""
NEWCOMERS_PATH = "/v1/conversations"
"""Where a conversation begins; there is nothing to read."""
TO_A_PERSON = b"to=person"
"""The query of who wants no answer from the assistant."""
_UPLOADS = re.compile(r"/v1/conversations/[^/]+/attachments")
_ALLOWED_METHODS = "GET, POST"
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Filename"
_PREFLIGHT_S = "600"


class BodyLimit:
    """Refuses bodies over their cap, announced or not, before anything parses them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        limit = _limit_of(scope["path"])
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > limit:
            raise _too_large(limit)
        seen = 0

        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, count, send)


class Door:
    """Lets newcomers in while there is room for them, and refuses the others unread.

    Whoever has a conversation already goes on, and so does who asks for a person. A chat keeps what its customer wrote and
    comes again by itself.
    """

    def __init__(self, app: ASGIApp, *, runner: TurnRunner) -> None:
        self._app, self._runner = app, runner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_newcomer = scope["type"] == "http" and scope["path"] == NEWCOMERS_PATH
        if is_newcomer and scope["query_string"] != TO_A_PERSON and not self._runner.has_room_for_newcomers:
            await refusal(self._runner.refuse_newcomer())(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class SecurityHeaders:
    """Strict defaults on every response; a page that needs more sends its own policy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                names = {name for name, _ in headers}
                headers.extend(pair for pair in _DEFAULT_HEADERS if pair[0] not in names)
            await send(message)

        await self._app(scope, receive, add)


class AllowedOrigins:
    """Lets the named websites use the conversation API from their pages (CORS); nobody else."""

    def __init__(self, app: ASGIApp, *, origins: EmbeddingOrigins) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(CORS_PREFIXES):
            await self._app(scope, receive, send)
            return
        requested = Headers(scope=scope)
        origin = requested.get("origin", "")
        is_allowed = self._origins.allow(origin)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in requested:
            await send(_preflight(origin if is_allowed else ""))
            await send({"type": "http.response.body", "body": b""})
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if is_allowed:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = "Location, Retry-After"
            await send(message)

        await self._app(scope, receive, add)


def page_policy(origins: Sequence[str]) -> str:
    """The Content-Security-Policy of our pages: our own files only, no inline code, framed by `origins` alone."""
    ancestors = " ".join(("'self'", *origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
        "connect-src 'self'; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    )


def _limit_of(path: str) -> int:
    """Bytes that a request's body may have."""
    if path.startswith(OPENAI_PREFIX):
        return MAX_OPENAI_BODY_BYTES
    return MAX_ATTACHMENT_BYTES if _UPLOADS.fullmatch(path) else MAX_BODY_BYTES


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is over {limit} bytes.", limit=limit)


def _preflight(origin: str) -> Message:
    headers = [(b"vary", b"Origin"), (b"content-length", b"0")]
    if origin:
        headers += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-methods", _ALLOWED_METHODS.encode()),
            (b"access-control-allow-headers", _ALLOWED_HEADERS.encode()),
            (b"access-control-max-age", _PREFLIGHT_S.encode()),
        ]
    return {"type": "http.response.start", "status": 204 if origin else 403, "headers": headers}


_DEFAULT_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"cache-control", b"no-store"),
)
