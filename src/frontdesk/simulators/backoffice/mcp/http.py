"""The protocol over streamable HTTP: messages are posted to /mcp, a session begins with `initialize`."""

import json
import secrets
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from frontdesk.simulators.backoffice.mcp.protocol import VERSIONS, Speaker
from frontdesk.simulators.vendor.serving import address_of, listening

PATH = "/mcp"
_SESSION, _VERSION = "mcp-session-id", "mcp-protocol-version"
_LOCAL = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def create_mcp(speaker: Speaker, *, sends_events: bool = False) -> Starlette:
    """As an ASGI application.

    Args:
        sends_events: answer as an event stream of one event, as servers may.
    """
    sessions: set[str] = set()

    async def post(request: Request) -> Response:
        if refused := _refusal(request):
            return refused
        body = await request.body()
        is_first = _method(body) == "initialize"
        session = request.headers.get(_SESSION, "")
        if not is_first and session not in sessions:
            status = 404 if session else 400
            return JSONResponse({"error": "There is no such session; initialize first."}, status_code=status)
        answer = speaker.answer_text(body)
        if answer is None:
            return Response(status_code=202)
        if is_first:
            sessions.add(session := secrets.token_hex(16))
        headers = {_SESSION: session}
        if sends_events:
            return Response(f"event: message\ndata: {answer}\n\n", media_type="text/event-stream", headers=headers)
        return Response(answer, media_type="application/json", headers=headers)

    async def delete(request: Request) -> Response:
        sessions.discard(request.headers.get(_SESSION, ""))
        return Response(status_code=204)

    return Starlette(routes=[Route(PATH, post, methods=["POST"]), Route(PATH, delete, methods=["DELETE"])])


def run_http(
    speaker: Speaker,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    sends_events: bool = False,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted.

    Raises:
        ConfigError: it cannot be listened on.
    """
    config = uvicorn.Config(
        create_mcp(speaker, sends_events=sends_events), ws="none", lifespan="off", log_level="warning", access_log=False
    )
    with listening(host, port) as listener:
        on_ready(address_of(listener) + PATH)
        uvicorn.Server(config).run(sockets=[listener])


def _refusal(request: Request) -> Response | None:
    origin = request.headers.get("origin", "")
    if origin and not origin.startswith(_LOCAL):
        return JSONResponse({"error": "Not from this website."}, status_code=403)
    accepts = request.headers.get("accept", "")
    if "application/json" not in accepts or "text/event-stream" not in accepts:
        return JSONResponse({"error": "Accept must name application/json and text/event-stream."}, status_code=406)
    if (version := request.headers.get(_VERSION)) and version not in VERSIONS:
        return JSONResponse({"error": f"Version {version} is not spoken here."}, status_code=400)
    return None


def _method(body: bytes) -> str:
    try:
        message = json.loads(body)
    except ValueError:
        return ""
    return str(message.get("method", "")) if isinstance(message, dict) else ""
