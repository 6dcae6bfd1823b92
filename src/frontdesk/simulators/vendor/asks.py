"""What a request asks for, the same for both APIs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Api = Literal["openai", "anthropic"]
CHARS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request for a completion."""

    api: Api
    model: str
    messages: tuple[Mapping[str, str], ...]
    """`role` and `content` of each; a system text comes first."""
    is_stream: bool
    wants_usage: bool
    """At the end of a stream."""
    wants_usage_each: bool
    """With every piece of a stream, as vLLM counts."""
    schema: Mapping[str, Any] | None
    """JSON Schema that the reply has to keep to."""
    wants_json: bool
    """With a schema or without one."""
    max_tokens: int
    """0 where the request sets no limit."""

    @property
    def prompt_tokens(self) -> int:
        """Counted as a vendor counts, roughly: four characters each."""
        return -(-sum(len(message["content"]) for message in self.messages) // CHARS_PER_TOKEN)

    @property
    def system(self) -> str:
        return "\n".join(message["content"] for message in self.messages if message["role"] == "system")

    @property
    def prefill(self) -> str:
        """Words put into the assistant's mouth; empty where there are none."""
        last = self.messages[-1]
        return last["content"] if last["role"] == "assistant" else ""


def read_ask(body: bytes, api: Api) -> Ask:
    """The request in a body.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    asked = json.loads(body)
    messages = [_message(message) for message in asked["messages"]]
    if not messages:
        raise ValueError("no messages")
    if api == "anthropic" and asked.get("system"):
        messages.insert(0, {"role": "system", "content": _text(asked["system"])})
    options = asked.get("stream_options") or {}
    wanted = asked.get("response_format") or {}
    return Ask(
        api=api,
        model=str(asked["model"]),
        messages=tuple(messages),
        is_stream=bool(asked.get("stream")),
        wants_usage=api == "anthropic" or bool(options.get("include_usage")),
        wants_usage_each=bool(options.get("continuous_usage_stats")),
        schema=(wanted.get("json_schema") or {}).get("schema"),
        wants_json=wanted.get("type") in ("json_schema", "json_object"),
        max_tokens=int(asked.get("max_tokens") or asked.get("max_completion_tokens") or 0),
    )


def _message(message: Any) -> dict[str, str]:
    return {"role": str(message.get("role") or "user"), "content": _text(message.get("content"))}


def _text(content: Any) -> str:
    """Plain text, or the texts of content blocks."""
    if isinstance(content, list):
        return "\n".join(str(block.get("text") or "") for block in content if isinstance(block, dict))
    return str(content or "")
