"""The chat completions of OpenAI, as they are sent."""

import json
from collections.abc import Mapping
from typing import Any

from frontdesk.simulators.vendor.asks import Ask
from frontdesk.simulators.vendor.wire import Finish, Tokens

DONE = b"data: [DONE]\n\n"
_ID = "chatcmpl-sim"
_CODES: Mapping[str, str] = {"filter": "content_filter", "length": "length", "tools": "tool_calls"}


class OpenAiWire:
    """One event per token; then the finish reason, the usage where it was asked for, and the end mark."""

    def __init__(self, ask: Ask, model: str) -> None:
        self._ask, self._model = ask, model
        self._head = f'data: {{"id":"{_ID}","object":"chat.completion.chunk","model":{json.dumps(model)},"choices":['

    def start(self, usage: Tokens) -> bytes:  # noqa: ARG002  (the other API says it here)
        return b""

    def token(self, text: str, usage: Tokens) -> bytes:
        told = f',"usage":{json.dumps(_usage(usage))}' if self._ask.wants_usage_each else ""
        delta = f'{{"index":0,"delta":{{"content":{json.dumps(text)}}},"finish_reason":null}}'
        return f"{self._head}{delta}]{told}}}\n\n".encode()

    def finish(self, finish: Finish, usage: Tokens | None) -> bytes:
        last = f'{self._head}{{"index":0,"delta":{{}},"finish_reason":"{_CODES.get(finish, finish)}"}}]}}\n\n'
        if usage is not None and self._ask.wants_usage:
            last += f'{self._head}],"usage":{json.dumps(_usage(usage))}}}\n\n'
        return last.encode()

    def end(self) -> bytes:
        return DONE

    def whole(self, text: str, finish: Finish, usage: Tokens | None) -> bytes:
        message = {"role": "assistant", "content": text}
        reply: dict[str, Any] = {
            "id": _ID,
            "object": "chat.completion",
            "model": self._model,
            "choices": [{"index": 0, "message": message, "finish_reason": _CODES.get(finish, finish)}],
        }
        if usage is not None:
            reply["usage"] = _usage(usage)
        return json.dumps(reply).encode()

    def error(self, code: str) -> bytes:
        return json.dumps({"error": {"message": f"Simulated: {code}.", "type": code, "code": code}}).encode()

    def error_in_stream(self, code: str) -> bytes:
        return b"data: " + self.error(code) + b"\n\n"


def _usage(usage: Tokens) -> dict[str, int]:
    read, written = usage
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
