"""A model vendor that runs here and breaks in documented ways: OpenAI's chat completions, streamed or not.

The model's name selects the behaviour (`MODELS`). It answers from the passages in its request, knows nothing else,
and lies only when told to; every lie is listed at `/debug/falsehoods`.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from frontdesk.simulators.vendor_lies import KINDS, Falsehood, Kind, falsify, names_in
from frontdesk.simulators.vendor_prose import TOKEN_CHARS, Request, first_words, language_of, read_request, write_reply
from frontdesk.text.hashing import content_hash

FAST_ANSWER_TOKENS = 50
MAX_FALSEHOODS = 10_000
"""The newest are kept."""

MODELS = {
    "sim": "rephrases the passages, at the configured speed",
    "sim-fast": "a fixed answer of 50 tokens from the first passage",
    "sim-slow": "as sim: first token after 300 ms, then 20 ms a token",
    "sim-lies": "as sim, with a falsehood in every sentence",
    "fault-429": "rate limited, Retry-After 2",
    "fault-500": "server error",
    "fault-503": "overloaded",
    "fault-401": "credentials refused",
    "fault-context": "context length exceeded",
    "fault-filter": "content filter",
    "fault-silent": "accepts and never answers",
    "fault-stall": "stops after some tokens and keeps the connection",
    "fault-cut": "closes the stream after some tokens",
    "fault-garbage": "sends lines that are no JSON",
}
_ERRORS: dict[str, tuple[int, str, dict[str, str]]] = {
    "fault-429": (429, "rate_limit_exceeded", {"retry-after": "2"}),
    "fault-500": (500, "server_error", {}),
    "fault-503": (503, "overloaded", {}),
    "fault-401": (401, "invalid_api_key", {}),
    "fault-context": (400, "context_length_exceeded", {}),
    "fault-filter": (400, "content_filter", {}),
}
_TOKEN = re.compile(rf"\s*\S{{1,{TOKEN_CHARS}}}|\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorBehaviour:
    """How the simulated vendor behaves, unless the model's name says otherwise."""

    first_token_ms: float = 0.0
    ms_per_token: float = 0.0
    lie_rate: float = 0.0
    """Share of sentences that are made false, 0 to 1."""
    lie_kinds: tuple[Kind, ...] = KINDS
    seed: int = 0
    """The same seed and request give the same reply."""
    cites: bool = True
    """Ends sentences with the number of their passage, as prompts ask models to."""


@dataclass(slots=True)
class _Vendor:
    behaviour: VendorBehaviour
    requests: Counter[str] = field(default_factory=Counter)
    falsehoods: list[Falsehood] = field(default_factory=list)

    def behaviour_of(self, model: str) -> VendorBehaviour:
        match model:
            case "sim-slow":
                return replace(self.behaviour, first_token_ms=300.0, ms_per_token=20.0)
            case "sim-lies":
                return replace(self.behaviour, lie_rate=1.0)
            case _:
                return self.behaviour

    def write(self, request: Request, model: str) -> str:
        if model == "sim-fast":
            return first_words(request.passages, FAST_ANSWER_TOKENS)
        behaviour = self.behaviour_of(model)
        digest = content_hash([str(behaviour.seed), request.question, *(text for _, text in request.passages)])
        random = Random(int(digest[:16], 16))
        sentences = write_reply(request, random)
        told = [self._told(text, number, request, model, behaviour, random) for text, number in sentences]
        return " ".join(told)

    def _told(
        self, text: str, number: int, request: Request, model: str, behaviour: VendorBehaviour, random: Random
    ) -> str:
        marker = f" [{number}]" if behaviour.cites and number else ""
        if not number or random.random() >= behaviour.lie_rate:
            return text + marker
        language = language_of(request)
        names = names_in([passage for _, passage in request.passages]) if language != "de" else ()
        kind, changed = falsify(text, behaviour.lie_kinds, random=random, names=names, language=language)
        truth = "" if kind == "policy" else text
        self.falsehoods.append(
            Falsehood(kind=kind, truth=truth, text=changed, model=model, request=self.requests.total())
        )
        del self.falsehoods[:-MAX_FALSEHOODS]
        return changed + marker


def create_vendor(behaviour: VendorBehaviour | None = None) -> Starlette:
    """The vendor as an ASGI application with its own state."""
    vendor = _Vendor(behaviour or VendorBehaviour())

    async def complete(http: HttpRequest) -> Response:
        return await _complete(vendor, http)

    async def models(_: HttpRequest) -> Response:
        listed = [
            {"id": name, "object": "model", "owned_by": "simulator", "does": does} for name, does in MODELS.items()
        ]
        return JSONResponse({"object": "list", "data": listed})

    async def falsehoods(_: HttpRequest) -> Response:
        told = [
            {"kind": lie.kind, "truth": lie.truth, "text": lie.text, "model": lie.model, "request": lie.request}
            for lie in vendor.falsehoods
        ]
        return JSONResponse({"falsehoods": told})

    async def requests(_: HttpRequest) -> Response:
        return JSONResponse({"requests": dict(vendor.requests)})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models),
            Route("/debug/falsehoods", falsehoods),
            Route("/debug/requests", requests),
        ]
    )


def run(*, host: str = "127.0.0.1", port: int = 8081, behaviour: VendorBehaviour | None = None) -> None:
    """Serve until interrupted."""
    import uvicorn  # noqa: PLC0415  (only this door needs a server)

    uvicorn.run(create_vendor(behaviour), host=host, port=port, log_level="warning", access_log=False)


async def _complete(vendor: _Vendor, http: HttpRequest) -> Response:
    try:
        body = json.loads(await http.body())
        model, messages = str(body["model"]), list(body["messages"])
    except (ValueError, KeyError, TypeError):
        return _error(400, "invalid_request_error", {})
    vendor.requests[model] += 1
    if model in _ERRORS:
        return _error(*_ERRORS[model])
    if model == "fault-silent":
        await _until_disconnected(http)
        return Response(status_code=499)
    text = vendor.write(read_request(messages), model)
    usage = _usage(messages, text)
    if not body.get("stream"):
        await asyncio.sleep(_total_s(vendor.behaviour_of(model), text))
        return JSONResponse(_whole(model, text, usage))
    wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    chunks = _chunks(model, text, usage if wants_usage else None)
    return StreamingResponse(_timed(chunks, vendor.behaviour_of(model), model), media_type="text/event-stream")


async def _until_disconnected(http: HttpRequest) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass


def _error(status: int, code: str, headers: dict[str, str]) -> Response:
    body = {"error": {"message": f"Simulated: {code}.", "type": code, "code": code}}
    return JSONResponse(body, status_code=status, headers=headers)


def _chunks(model: str, text: str, usage: dict[str, int] | None) -> list[bytes]:
    """One event per token, then the finish reason, the usage where it was asked for, and the end mark."""
    head = f'data: {{"id":"chatcmpl-sim","object":"chat.completion.chunk","model":{json.dumps(model)},"choices":['
    chunks = [
        f'{head}{{"index":0,"delta":{{"content":{json.dumps(token)}}},"finish_reason":null}}]}}\n\n'.encode()
        for token in _TOKEN.findall(text)
    ]
    last = f'{head}{{"index":0,"delta":{{}},"finish_reason":"stop"}}]}}\n\n'
    if usage is not None:
        last += f'{head}],"usage":{json.dumps(usage)}}}\n\n'
    return [*chunks, (last + "data: [DONE]\n\n").encode()]


async def _timed(chunks: list[bytes], behaviour: VendorBehaviour, model: str) -> AsyncIterator[bytes]:
    """The chunks when they are due; those due together go out together."""
    loop = asyncio.get_running_loop()
    if model.startswith("fault-"):
        async for piece in _broken(chunks, model):
            yield piece
        return
    if behaviour.ms_per_token <= 0:
        await asyncio.sleep(behaviour.first_token_ms / 1000)
        yield b"".join(chunks)
        return
    start = loop.time() + behaviour.first_token_ms / 1000
    sent = 0
    while sent < len(chunks):
        await asyncio.sleep(max(0.0, start + sent * behaviour.ms_per_token / 1000 - loop.time()))
        due = max(sent + 1, int((loop.time() - start) * 1000 / behaviour.ms_per_token) + 1)
        yield b"".join(chunks[sent:due])
        sent = due


async def _broken(chunks: list[bytes], model: str) -> AsyncIterator[bytes]:
    some = b"".join(chunks[: max(1, len(chunks) // 2)])
    match model:
        case "fault-cut":
            yield some
        case "fault-stall":
            yield some
            await asyncio.Event().wait()
        case "fault-garbage":
            yield some + b"data: {not json\n\n"
        case _:
            yield b"".join(chunks)


def _whole(model: str, text: str, usage: dict[str, int]) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-sim",
        "object": "chat.completion",
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }


def _usage(messages: list[Any], text: str) -> dict[str, int]:
    prompt = sum(len(str(message.get("content") or "")) for message in messages if isinstance(message, dict))
    read, written = -(-prompt // 4), len(_TOKEN.findall(text))
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _total_s(behaviour: VendorBehaviour, text: str) -> float:
    return (behaviour.first_token_ms + behaviour.ms_per_token * len(_TOKEN.findall(text))) / 1000
