"""Somebody who asks one question, keeps every byte they hear, and comes back after every break as a browser does."""

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from frontdesk.domain.events import FINAL_KINDS, AnswerSentence, TurnReset

PATIENCE_S = 90.0
PAUSE_S = 0.1
"""Before coming back; people's browsers wait longer, a drill has no time."""
LONGEST_PAUSE_S = 5.0
"""Also where a server asks for more."""
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event as it was received."""

    seq: int
    kind: str
    data: str
    frame: str
    """The bytes of the whole event, as text."""
    at_s: float
    """On the monotonic clock."""
    place: str
    """Address of the server that told it."""

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.data)
        return found


@dataclass(slots=True, kw_only=True)
class Visitor:
    """One customer with one question in one conversation."""

    urls: tuple[str, ...]
    """Servers of the installation; every return goes to the next one."""
    question: str
    channel: str = "api"
    locale: str = "en"
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    cuts: deque[int] = field(default_factory=deque)
    """After so many bytes of a stream they hang up, once per number."""
    patience_s: float = PATIENCE_S
    conversation_id: str = ""
    token: str = ""
    heard: list[Heard] = field(default_factory=list)
    refusals: list[tuple[int, float]] = field(default_factory=list)
    """Status of each answer that asked to come later, and the seconds it took."""
    returns: int = 0
    """How often they had to come back."""
    sent_at_s: float = 0.0
    """When they first tried, on the monotonic clock."""

    @property
    def path(self) -> str:
        return f"/v1/conversations/{self.conversation_id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def url(self) -> str:
        """Where they are now."""
        return self.urls[self.returns % len(self.urls)]

    @property
    def is_done(self) -> bool:
        return bool(self.heard) and self.heard[-1].kind in FINAL_KINDS

    @property
    def final(self) -> dict[str, Any]:
        """The event that ended the turn; only where `is_done`."""
        return self.heard[-1].body

    @property
    def told(self) -> str:
        """The sentences since the last reset, joined as they were told."""
        text = ""
        for event in self.heard:
            if event.kind == TurnReset.kind:
                text = ""
            elif event.kind == AnswerSentence.kind:
                text += event.body["separator"] + event.body["text"]
        return text

    @property
    def first_text_s(self) -> float | None:
        """Seconds from the first try to the first confirmed text; None where no sentence came."""
        return next((event.at_s - self.sent_at_s for event in self.heard if event.kind == AnswerSentence.kind), None)

    @property
    def total_s(self) -> float:
        """Seconds from the first try to the last thing heard."""
        return self.heard[-1].at_s - self.sent_at_s

    async def open(self, http: httpx.AsyncClient) -> None:
        """Begin a conversation; one that was not acknowledged is begun again."""
        async with asyncio.timeout(self.patience_s):
            while not self.token:
                await self._persist(self._begin(http))

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Send the question, listen, and come back until the turn has ended.

        Raises:
            TimeoutError: it did not end within `patience_s`.
            httpx.HTTPStatusError: a server refused for good.
        """
        self.sent_at_s = self.sent_at_s or time.monotonic()
        async with asyncio.timeout(self.patience_s):
            while not self.is_done:
                await self._persist(self._listen(http))

    async def visit(self, http: httpx.AsyncClient) -> None:
        """`open` and `ask`."""
        await self.open(http)
        await self.ask(http)

    async def log(self, http: httpx.AsyncClient, *, url: str = "") -> list[dict[str, Any]]:
        """The conversation's events as a server has them now."""
        place = f"{url or self.url}{self.path}/events?limit=500"
        response = await http.get(place, headers={**self.headers, "Accept": "application/json"})
        response.raise_for_status()
        found: list[dict[str, Any]] = response.json()["events"]
        return found

    async def messages(self, http: httpx.AsyncClient, *, url: str = "") -> list[dict[str, Any]]:
        """The conversation's messages as a server has them now."""
        response = await http.get(f"{url or self.url}{self.path}", headers=self.headers)
        response.raise_for_status()
        found: list[dict[str, Any]] = response.json()["messages"]
        return found

    async def _begin(self, http: httpx.AsyncClient) -> None:
        body = {"channel": self.channel, "locale": self.locale}
        response = await http.post(f"{self.url}/v1/conversations", json=body)
        response.raise_for_status()
        opened = response.json()
        self.conversation_id, self.token = opened["conversation_id"], opened["token"]

    async def _listen(self, http: httpx.AsyncClient) -> None:
        headers = {**self.headers, "Accept": "text/event-stream"}
        if self.heard:
            headers["Last-Event-ID"] = str(self.heard[-1].seq)
            request = http.stream("GET", f"{self.url}{self.path}/events", headers=headers)
        else:
            headers["Idempotency-Key"] = self.key
            body = {"text": self.question}
            request = http.stream("POST", f"{self.url}{self.path}/messages", headers=headers, json=body)
        async with request as response:
            response.raise_for_status()
            bytes_left = self.cuts.popleft() if self.cuts else None
            async for event in read_events(response, at_most=bytes_left):
                self.heard.append(event)
                if self.is_done:
                    return
        self.returns += 1

    async def _persist(self, step: Any) -> None:
        """One try; where it fails for now, the pause before the next one."""
        began = time.monotonic()
        try:
            await step
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if status < 500 and status not in _LATER:
                raise
            self.refusals.append((status, time.monotonic() - began))
            await self._pause(_retry_after_s(error.response))
        except httpx.HTTPError:
            await self._pause(PAUSE_S)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, LONGEST_PAUSE_S))
        self.returns += 1


async def read_events(response: httpx.Response, *, at_most: int | None = None) -> AsyncIterator[Heard]:
    """The numbered events of a stream; notices and heartbeats are left out.

    Args:
        at_most: bytes to read before hanging up.
    """
    rest, place = b"", str(response.url.copy_with(raw_path=b"/")).rstrip("/")
    async for piece in response.aiter_bytes():
        taken = piece if at_most is None else piece[:at_most]
        at_most = None if at_most is None else at_most - len(taken)
        *blocks, rest = (rest + taken).split(b"\n\n")
        for block in blocks:
            if event := _event_in(block.decode("utf-8"), place):
                yield event
        if at_most == 0:
            return


def _event_in(block: str, place: str) -> Heard | None:
    lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
    if "id" not in lines:
        return None
    return Heard(
        seq=int(lines["id"]),
        kind=lines["event"],
        data=lines["data"],
        frame=block + "\n\n",
        at_s=time.monotonic(),
        place=place,
    )


def _retry_after_s(response: httpx.Response) -> float:
    asked = response.headers.get("retry-after", "")
    return float(asked) if asked.isdigit() else PAUSE_S


def new_client() -> httpx.AsyncClient:
    """Room for every stream at once; a client that was cut off opens a new connection."""
    limits = httpx.Limits(max_connections=2000, max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=httpx.Timeout(30.0), limits=limits)
