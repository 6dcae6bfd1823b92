"""Messages of the Model Context Protocol: JSON-RPC 2.0 in, JSON-RPC 2.0 out."""

import json
from collections.abc import Mapping
from typing import Any

from frontdesk import __version__
from frontdesk.simulators.backoffice.mcp.tools import Tool, ToolError
from frontdesk.simulators.backoffice.office import Office

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Spoken versions of the protocol, the newest first; a client's own where it is one of them."""
_PARSE, _REQUEST, _METHOD, _PARAMS = -32700, -32600, -32601, -32602
Message = dict[str, Any]
_TYPES: Mapping[str, type | tuple[type, ...]] = {"string": str, "integer": int, "boolean": bool, "number": (int, float)}


class Speaker:
    """Answers one client."""

    def __init__(self, office: Office, tools: Mapping[str, Tool]) -> None:
        self._office, self._tools = office, tools

    def answer_text(self, text: str | bytes) -> str | None:
        """The answer to a message as text; None where none is due."""
        try:
            message = json.loads(text)
        except ValueError:
            return json.dumps(_error(None, _PARSE, "This is no JSON."))
        answer = self.answer(message)
        return None if answer is None else json.dumps(answer, ensure_ascii=False)

    def answer(self, message: Any) -> Message | None:
        """The answer to a request; None to a notification or an answer."""
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            return _error(None, _REQUEST, "This is no JSON-RPC 2.0 message.")
        number, method = message.get("id"), message.get("method")
        if number is None or method is None:
            return None
        params = message.get("params")
        return self._answer(number, method, params if isinstance(params, dict) else {})

    def _answer(self, number: Any, method: Any, given: Mapping[str, Any]) -> Message:
        match method:
            case "initialize":
                return _result(number, _hello(given))
            case "ping":
                return _result(number, {})
            case "tools/list":
                return _result(number, {"tools": [tool.to_json() for tool in self._tools.values()]})
            case "tools/call":
                return self._call(number, given)
            case _:
                return _error(number, _METHOD, f"There is no method {method}.")

    def _call(self, number: Any, given: Mapping[str, Any]) -> Message:
        tool = self._tools.get(str(given.get("name")))
        if tool is None:
            return _error(number, _PARAMS, f"There is no tool {given.get('name')}.")
        arguments = given.get("arguments") or {}
        if wrong := _mistake(tool, arguments):
            return _error(number, _PARAMS, wrong)
        try:
            told = tool.run(self._office, arguments)
        except ToolError as error:
            return _result(number, {"content": [{"type": "text", "text": str(error)}], "isError": True})
        text = json.dumps(told, ensure_ascii=False)
        content = [{"type": "text", "text": text}]
        return _result(number, {"content": content, "structuredContent": told, "isError": False})


def _hello(given: Mapping[str, Any]) -> Message:
    asked = given.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "harbor-and-pine-backoffice", "version": __version__},
    }


def _mistake(tool: Tool, arguments: Any) -> str:
    if not isinstance(arguments, dict):
        return "`arguments` must be an object."
    for name in tool.required:
        if name not in arguments:
            return f"`{name}` is missing."
    for name, value in arguments.items():
        schema = tool.arguments.get(name)
        if schema is None:
            return f"There is no argument `{name}`."
        if not isinstance(value, _TYPES[schema["type"]]):
            return f"`{name}` must be a {schema['type']}."
    return ""


def _result(number: Any, result: Message) -> Message:
    return {"jsonrpc": "2.0", "id": number, "result": result}


def _error(number: Any, code: int, message: str) -> Message:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
