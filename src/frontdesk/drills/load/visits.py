"""One person's visit: a conversation, a question, and the answer listened to until its end."""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from frontdesk.domain.errors import MalformedReplyError
from frontdesk.domain.events import FINAL_KINDS, AnswerSentence, TurnAccepted, TurnDelayed, TurnStage
from frontdesk.drills.load.line import Address, Line

CHANNEL = "api"
BROKEN = "broken"
"""Outcome of a visit whose connection broke, or where something came that is no answer."""
UNFINISHED = "unfinished"
"""Outcome of an accepted turn that had not ended when the visitor lost patience."""
_LATER = (429, 503)


@dataclass(slots=True, kw_only=True)
class Visit:
    """What it was like. Times are seconds since the visitor was due, unless they say otherwise."""

    phase: str
    due_s: float
    """On the monotonic clock."""
    late_s: float = 0.0
    """How much later than due this machine sent them off: its own fault, and no server's."""
    outcome: str = ""
    """As in the turn's last event; `refused_later` where the server said to come later; else `BROKEN` and such."""
    status: int = 0
    """Of the reply to the message, or to what came before it."""
    refused_after_s: float | None = None
    """From sending to the refusal."""
    is_accepted: bool = False
    seq: int = 0
    """Number of the event that said so."""
    was_delayed: bool = False
    """Told that the message is kept and will be answered later."""
    delayed_after_s: float | None = None
    """From sending to that."""
    stage_s: float | None = None
    """Until the first sign of what is being done."""
    text_s: float | None = None
    """Until the first confirmed sentence."""
    total_s: float | None = None
    """Until the last event."""

    @property
    def is_answered(self) -> bool:
        return self.total_s is not None and self.outcome not in ("failed", BROKEN, UNFINISHED, REFUSED)

    @property
    def is_lost(self) -> bool:
        """Accepted and never ended; a broken stream is not lost as long as its turn ended."""
        return self.is_accepted and self.total_s is None

    def is_good(self, within_s: float) -> bool:
        """Answered within the time that was promised."""
        return self.is_answered and self.total_s is not None and self.total_s <= within_s


REFUSED = "refused_later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where visitors go, and what they ask."""

    address: Address
    questions: tuple[str, ...]
    patience_s: float = 90.0
    """Longer than any turn may take that is kept for later."""


@dataclass(slots=True, kw_only=True)
class Talk:
    """A conversation that one visitor has, or is about to begin."""

    number: int
    path: str = ""
    """Empty before it is begun."""
    token: str = ""
    asked: int = 0

    @property
    def origin(self) -> dict[str, str]:
        """Each visitor has an address of their own, from a range that tests may use (RFC 2544)."""
        return {"X-Forwarded-For": f"198.18.{self.number // 250 % 250}.{self.number % 250 + 1}"}


async def make_visit(visit: Visit, host: Host, talk: Talk) -> None:
    """Ask one question now and note what happens; never raises but for cancellation."""
    visit.late_s = time.monotonic() - visit.due_s
    try:
        async with asyncio.timeout(host.patience_s):
            line = await Line.open(host.address)
            try:
                await _ask(line, visit, host, talk)
            finally:
                await line.close()
    except TimeoutError:
        visit.outcome = UNFINISHED if visit.is_accepted else BROKEN
    except (OSError, EOFError, MalformedReplyError, asyncio.LimitOverrunError):
        visit.outcome = BROKEN


async def _ask(line: Line, visit: Visit, host: Host, talk: Talk) -> None:
    if not talk.path and not await _begin(line, visit, talk):
        return
    headers = {
        **talk.origin,
        "Authorization": f"Bearer {talk.token}",
        "Accept": "text/event-stream",
        "Idempotency-Key": uuid.uuid4().hex,
    }
    question = host.questions[(talk.number + talk.asked) % len(host.questions)]
    sent_s = time.monotonic()
    head = await line.send("POST", f"{talk.path}/messages", headers, {"text": question})
    if head.status != 200:
        await line.body()
        _note_refusal(visit, head.status, sent_s)
        return
    talk.asked += 1
    visit.status = head.status
    await _listen(line, visit, sent_s)
    if visit.is_lost:
        await _come_back(visit, host, talk)


async def _begin(line: Line, visit: Visit, talk: Talk) -> bool:
    sent_s = time.monotonic()
    head = await line.send("POST", "/v1/conversations", talk.origin, {"channel": CHANNEL})
    opened = await line.body()
    if head.status != 201:
        _note_refusal(visit, head.status, sent_s)
        return False
    talk.path, talk.token = f"/v1/conversations/{opened['conversation_id']}", opened["token"]
    return True


def _note_refusal(visit: Visit, status: int, sent_s: float) -> None:
    visit.status = status
    visit.refused_after_s = time.monotonic() - sent_s
    visit.outcome = REFUSED if status in _LATER else BROKEN


async def _listen(line: Line, visit: Visit, sent_s: float) -> None:
    rest = b""
    async for piece in line.pieces():
        now_s = time.monotonic()
        *blocks, rest = (rest + piece).split(b"\n\n")
        for block in blocks:
            _hear(visit, block, now_s, sent_s)


def _hear(visit: Visit, block: bytes, now_s: float, sent_s: float) -> None:
    kind = block.partition(b"event: ")[2].partition(b"\n")[0].decode()
    since_s = now_s - visit.due_s
    if kind == TurnAccepted.kind:
        visit.is_accepted, visit.seq = True, int(block.partition(b"id: ")[2].partition(b"\n")[0])
    elif kind == TurnDelayed.kind:
        visit.was_delayed, visit.delayed_after_s = True, now_s - sent_s
    elif kind == TurnStage.kind and visit.stage_s is None:
        visit.stage_s = since_s
    elif kind == AnswerSentence.kind and visit.text_s is None:
        visit.text_s = since_s
    elif kind in FINAL_KINDS:
        visit.total_s = since_s
        visit.outcome = str(json.loads(block.partition(b"data: ")[2])["outcome"])


async def _come_back(visit: Visit, host: Host, talk: Talk) -> None:
    """The stream ended before the turn: a server that stops, or a reader it let go. The log tells the rest."""
    while visit.is_lost:
        await asyncio.sleep(1.0)
        for event in await _log(host, talk):
            if event["kind"] in FINAL_KINDS and event["seq"] > visit.seq:
                visit.total_s, visit.outcome = time.monotonic() - visit.due_s, str(event["data"]["outcome"])


async def _log(host: Host, talk: Talk) -> list[dict[str, Any]]:
    line = await Line.open(host.address)
    try:
        asked = {"Authorization": f"Bearer {talk.token}", "Accept": "application/json"}
        head = await line.send("GET", f"{talk.path}/events?limit=500", asked)
        body = await line.body()
    finally:
        await line.close()
    found: list[dict[str, Any]] = body["events"] if head.status == 200 else []
    return found
