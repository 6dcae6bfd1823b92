"""A server of the Model Context Protocol as a process of ours, one line of JSON a message."""

import asyncio
import json
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from frontdesk.adapters.connectors.failing import CallError, not_sent
from frontdesk.adapters.connectors.mcp import result_in
from frontdesk.adapters.connectors.strict_json import parse_json
from frontdesk.domain.connector_source import McpSource

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
_PATIENCE_S = 2.0
"""From the end of its input to its end by force."""
_LAST_LINES = 20


class ProcessLink:
    """Starts it when it is first asked, and again when it has ended."""

    def __init__(self, source: McpSource, *, folder: Path, secret: Callable[[str], str]) -> None:
        self.session = 0
        self._source = source
        self._folder = folder
        self._secret = secret
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._has_ended = False
        self._readers: list[asyncio.Task[None]] = []
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        """What it said on its standard error."""

    @property
    def is_open(self) -> bool:
        return self._process is not None and not self._has_ended

    async def open(self, hello: Mapping[str, Any]) -> None:
        if self.is_open:
            return
        await self.close()
        self._has_ended = False
        self._process = process = await self._start()
        self._readers = [asyncio.create_task(self._read(process)), asyncio.create_task(self._listen(process))]
        try:
            await self.request("initialize", hello)
            self._send({"method": "notifications/initialized"})
        except BaseException:
            await self.close()
            raise
        self.session += 1

    async def request(self, method: str, params: Mapping[str, Any]) -> Any:
        self._number += 1
        number = self._number
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        try:
            self._send({"id": number, "method": method, "params": params})
            return result_in(await reply)
        except asyncio.CancelledError:
            with suppress(CallError):
                self._send({"method": "notifications/cancelled", "params": {"requestId": number}})
            raise
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        process, self._process = self._process, None
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        self._readers = []
        if process is not None:
            await _end(process)

    async def _start(self) -> asyncio.subprocess.Process:
        ours = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        given = {name: self._known(variable) for name, variable in self._source.environment.items()}
        try:
            return await asyncio.create_subprocess_exec(
                *self._source.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**ours, **given},
                cwd=self._folder,
                limit=self._source.bounds.max_bytes,
                start_new_session=True,
            )
        except OSError as error:
            why = f"`{self._source.command[0]}` can't be started ({type(error).__name__})"
            raise not_sent(why, cause="not_set_up") from error

    def _known(self, variable: str) -> str:
        value = self._secret(variable)
        if not value:
            raise not_sent(f"the variable {variable} is not set", cause="not_set_up")
        return value

    def _send(self, message: Mapping[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None or self._has_ended:
            raise _gone(is_unclear=False)
        line = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, default=float)
        process.stdin.write(line.encode() + b"\n")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Until it ends, or sends what is no message."""
        try:
            while process.stdout is not None and (line := await process.stdout.readline()):
                self._take(parse_json(line) if line.strip() else {})
            self._give_up(_gone(is_unclear=True))
        except CallError as error:
            self._give_up(error)
        except ValueError:
            why = f"a message has more than {self._source.bounds.max_bytes} bytes"
            self._give_up(CallError("malformed", why, cause="too_large", is_unclear=True, field="reply"))

    def _give_up(self, error: CallError) -> None:
        self._has_ended = True
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_exception(error)

    def _take(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        number = message.get("id")
        if "method" in message:
            if number is not None:  # it asks us
                self._send({"id": number, **_answer(message["method"])})
            return
        reply = self._waiting.get(number) if isinstance(number, int) else None
        if reply is not None and not reply.done():
            reply.set_result(message)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        while process.stderr is not None:
            try:
                line = await process.stderr.readline()
            except ValueError:  # a line without an end
                continue
            if not line:
                return
            self.last_lines.append(line.decode("utf-8", "replace").rstrip()[:500])


def _answer(method: Any) -> Mapping[str, Any]:
    """We are alive, and can do nothing for it."""
    return {"result": {}} if method == "ping" else {"error": {"code": -32601, "message": "not offered"}}


def _gone(*, is_unclear: bool) -> CallError:
    return CallError(
        "unavailable", "its process has ended", cause="connection", is_unclear=is_unclear, may_repeat=True, health="cut"
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    for force in (signal.SIGTERM, signal.SIGKILL):
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await process.wait()
                return
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, force)
    await process.wait()
