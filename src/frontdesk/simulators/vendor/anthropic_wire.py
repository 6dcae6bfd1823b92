"""The Messages of Anthropic, as they are sent."""

import json
from collections.abc import Mapping
from typing import Any

from frontdesk.simulators.vendor.wire import Finish, Tokens

_ID = "msg_sim"
_REASONS: Mapping[str, str] = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal", "tools": "tool_use"}
_TYPES: Mapping[str, str] = {
    "rate_limit_exceeded": "rate_limit_error",
    "server_error": "api_error",
    "overloaded": "overloaded_error",
    "invalid_api_key": "authentication_error",
    "model_not_found": "not_found_error",
}


class AnthropicWire:
    """Named events: the message begins with what was read, and ends with what was written."""

    def __init__(self, model: str) -> None:
        self._model = model

    def start(self, usage: Tokens) -> bytes:
        message = {"id": _ID, "type": "message", "role": "assistant", "model": self._model, "content": []}
        told = {"input_tokens": usage[0], "output_tokens": 1}
        block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        return _event({"type": "message_start", "message": {**message, "usage": told}}) + _event(block)

    def token(self, text: str, usage: Tokens) -> bytes:  # noqa: ARG002  (only the end counts here)
        return _event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})

    def finish(self, finish: Finish, usage: Tokens | None) -> bytes:
        told = {"output_tokens": usage[1]} if usage is not None else None
        last = {"type": "message_delta", "delta": {"stop_reason": _REASONS.get(finish, finish)}, "usage": told}
        return _event({"type": "content_block_stop", "index": 0}) + _event(last)

    def end(self) -> bytes:
        return _event({"type": "message_stop"})

    def whole(self, text: str, finish: Finish, usage: Tokens | None) -> bytes:
        reply: dict[str, Any] = {
            "id": _ID,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [{"type": "text", "text": text}],
            "stop_reason": _REASONS.get(finish, finish),
        }
        if usage is not None:
            reply["usage"] = {"input_tokens": usage[0], "output_tokens": usage[1]}
        return json.dumps(reply).encode()

    def error(self, code: str) -> bytes:
        kind = _TYPES.get(code, "invalid_request_error")
        return json.dumps({"type": "error", "error": {"type": kind, "message": f"Simulated: {code}."}}).encode()

    def error_in_stream(self, code: str) -> bytes:
        return b"event: error\ndata: " + self.error(code) + b"\n\n"


def _event(body: Mapping[str, Any]) -> bytes:
    return f"event: {body['type']}\ndata: {json.dumps(body)}\n\n".encode()
