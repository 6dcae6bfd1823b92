"""One conversation over HTTP, which loses nothing when the connection breaks."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from frontdesk.domain.errors import (
    ConflictError,
    FrontdeskError,
    InputError,
    NotFoundError,
    PermissionDeniedError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)
from frontdesk.domain.events import FINAL_KINDS

RETRY_S = 60.0
"""How long a broken connection is tried again; a server that restarts is back in a few seconds."""
_PAUSES_S = (0.2, 0.5, 1.0, 2.0)
"""Between tries; the last one holds from then on."""
_STATUS: dict[int, type[FrontdeskError]] = {
    401: UnauthenticatedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
}
_STRANGER = "did not answer as a Frontdesk server does"


class GoneError(NotFoundError):
    """The server does not know this conversation, or not under this credential."""

    code = "conversation_gone"


class Event(NamedTuple):
    kind: str
    data: dict[str, Any]
    seq: int | None
    """None for one that is not in the log."""


@dataclass(slots=True, kw_only=True)
class _Asked:
    """A message under way: enough to send it again, or to read on where its answer stopped."""

    text: str
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    turn_id: str = ""
    seq: int = 0
    has_ended: bool = False

    def note(self, event: Event) -> bool:
        """Remember how far it was read; whether that was its end."""
        self.seq = event.seq or self.seq
        self.turn_id = self.turn_id or str(event.data.get("turn_id", ""))
        self.has_ended = event.kind in FINAL_KINDS
        return self.has_ended


class Server:
    """Where the server is; it may come back under another address."""

    def __init__(self, url: str, find: Callable[[], Awaitable[str | None]]) -> None:
        self._url = url.rstrip("/")
        self._find = find
        self.client = httpx.AsyncClient(timeout=httpx.Timeout(60.0, connect=5.0))

    def at(self, path: str) -> str:
        return self._url + path

    async def look_again(self) -> None:
        self._url = (await self._find() or self._url).rstrip("/")

    async def request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The JSON of a good answer.

        Raises:
            UnavailableError: nobody answers, or not as our server does, or it cannot right now.
            InputError: the server said no, in its words.
        """
        try:
            return read_answer(await self.client.request(method, self.at(path), **options))
        except httpx.InvalidURL as error:
            raise InputError(f"{self._url} is no address of a server: {error}.") from error
        except httpx.TransportError as error:
            await self.look_again()
            raise UnavailableError(f"No server answers at {self._url} ({_reason(error)}).") from error


class Talk:
    """One conversation."""

    def __init__(self, server: Server, opened: dict[str, Any]) -> None:
        self._server = server
        self._path = f"/v1/conversations/{opened['conversation_id']}"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        self._asked: _Asked | None = None
        self.opened = {name: value for name, value in opened.items() if name != "token"}
        """What the server said when it began, without its credential."""

    @classmethod
    async def open(cls, server: Server, *, locale: str, identity_token: str | None) -> "Talk":
        body = {"channel": "api", "locale": locale}
        if identity_token:
            body["identity_token"] = identity_token
        opened = await server.request("POST", "/v1/conversations", json=body)
        if not {"conversation_id", "token", "notice", "greeting"} <= opened.keys():
            raise UnavailableError(f"{server.at('')} {_STRANGER}.")
        return cls(server, opened)

    @property
    def is_waiting(self) -> bool:
        """Whether the last message was accepted and its answer was not read to the end."""
        return self._asked is not None and not self._asked.has_ended

    async def ask(self, text: str) -> dict[str, Any]:
        """The finished turn."""
        asked = _Asked(text=text)
        until, tries = time.monotonic() + RETRY_S, 0
        while True:
            try:
                turn = await self._request("POST", "/messages", json={"text": text}, key=asked.key)
            except UnavailableError as error:
                if not isinstance(error.__cause__, httpx.TransportError):
                    raise
                tries = await _pause(tries, until)
            else:
                if turn.get("state") != "running":
                    return turn

    def stream(self, text: str, *, on_lost: Callable[[], None]) -> AsyncGenerator[Event]:
        """The turn's events as they happen, its final one last, each once.

        Args:
            on_lost: called when the connection broke and is tried again.
        """
        self._asked = _Asked(text=text)
        return self.read_on(on_lost=on_lost)

    async def read_on(self, *, on_lost: Callable[[], None]) -> AsyncGenerator[Event]:
        """What is left of the last turn; nothing where it was read to its end.

        Raises:
            UnavailableError: the connection does not come back.
        """
        asked = self._asked
        until, tries = time.monotonic() + RETRY_S, 0
        while asked is not None and not asked.has_ended:
            try:
                async with aclosing(self._connect(asked)) as events:
                    async for event in events:
                        is_last = asked.note(event)
                        until, tries = time.monotonic() + RETRY_S, 0
                        yield event
                        if is_last:
                            return
            except httpx.TransportError:
                pass  # it is tried again, below
            except UnavailableError:
                if not asked.turn_id and tries == 0:
                    raise  # it has not begun, and a server that is busy said so
            on_lost()
            tries = await _pause(tries, until)
            await self._server.look_again()

    async def ask_for_person(self) -> dict[str, Any]:
        return await self._request("POST", "/escalation")

    async def rate(self, turn_id: str, rating: str, reasons: Sequence[str], comment: str) -> dict[str, Any]:
        body: dict[str, Any] = {"turn_id": turn_id, "rating": rating, "reasons": list(reasons)}
        return await self._request("POST", "/feedback", json={**body, "comment": comment} if comment else body)

    async def quote(self, turn_id: str, marker: str) -> dict[str, Any]:
        """A citation with the document around it, as far as this customer may see it now."""
        return await self._request("GET", f"/citations/{turn_id}/{marker}")

    async def _connect(self, asked: _Asked) -> AsyncGenerator[Event]:
        """The turn's events: sent anew under the same key while nothing came, from then on from the log."""
        headers = {**self._headers, "Accept": "text/event-stream"}
        if asked.turn_id and asked.seq:
            headers["Last-Event-ID"] = str(asked.seq)
            opening = self._server.client.stream("GET", self._server.at(f"{self._path}/events"), headers=headers)
        else:
            headers["Idempotency-Key"] = asked.key
            opening = self._server.client.stream(
                "POST", self._server.at(f"{self._path}/messages"), json={"text": asked.text}, headers=headers
            )
        async with opening as response:
            if response.is_error:
                await response.aread()
                with _own_words():
                    read_answer(response)
            async with aclosing(_events(response)) as events:
                async for event in events:
                    if not asked.turn_id or event.data.get("turn_id") == asked.turn_id:
                        yield event

    async def _request(self, method: str, path: str, *, key: str = "", **options: Any) -> dict[str, Any]:
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        with _own_words(of_parts=path not in ("/messages", "/escalation")):
            return await self._server.request(method, self._path + path, headers=headers, **options)


@contextmanager
def _own_words(*, of_parts: bool = False) -> Iterator[None]:
    """Tell a conversation that is gone from anything else that is not found.

    Args:
        of_parts: what is asked for is part of a conversation, so that the part alone may be missing.
    Raises:
        GoneError: the conversation is not known under this credential.
    """
    try:
        yield
    except UnauthenticatedError as error:
        raise GoneError(error.public_message) from error
    except NotFoundError as error:
        if of_parts:
            raise
        raise GoneError(error.public_message) from error


async def _events(response: httpx.Response) -> AsyncGenerator[Event]:
    """Server-sent events; each of ours has one line of data."""
    kind, seq = "", None
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "id" and value.isdecimal():
            seq = int(value)
        elif name == "data":
            data = _parsed(value)
            if data is None:
                raise UnavailableError(f"{response.request.url.host} {_STRANGER}.")
            yield Event(kind, data, seq)
            kind, seq = "", None


def read_answer(response: httpx.Response) -> dict[str, Any]:
    """The JSON of a good answer.

    Raises:
        UnavailableError: it is not from our server, or the server cannot right now.
        InputError: the server said no; its words.
    """
    body = _parsed(response.text)
    if body is None:
        raise UnavailableError(f"{response.request.url.host} {_STRANGER} ({response.status_code}).")
    if not response.is_error:
        return body
    said = str(body.get("detail") or body.get("title") or f"The server answered {response.status_code}.")
    if response.status_code >= 500 or response.status_code == 429:
        raise UnavailableError(said)
    raise _STATUS.get(response.status_code, InputError)(said)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


async def _pause(tries: int, until: float) -> int:
    """Wait before the next try, and count it.

    Raises:
        UnavailableError: it has been tried for long enough.
    """
    if time.monotonic() >= until:
        raise UnavailableError(f"The connection was lost and did not come back for {RETRY_S:g} seconds.")
    await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
    return tries + 1


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return "no connection" if isinstance(error, httpx.ConnectError) else "connection lost"
