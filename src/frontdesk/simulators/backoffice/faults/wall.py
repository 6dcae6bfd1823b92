"""Stands before the systems: notes every request, and fails it as planned."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.simulators.backoffice.behaviour import SYSTEMS, key_of, to_stamp
from frontdesk.simulators.backoffice.faults.elsewhere import turned_to_another
from frontdesk.simulators.backoffice.faults.kinds import Reply, Told
from frontdesk.simulators.backoffice.faults.plan import Chosen
from frontdesk.simulators.backoffice.log import Asked
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.vendor.script import Progress, play

FAULT_HEADER = "x-simulate-fault"
_KEYS = {key_of(system): system for system in SYSTEMS}
_BODY_HEADERS = frozenset({"content-length", "content-type"})


class FaultWall:
    """An ASGI middleware around the eight systems; what is asked of the back office itself passes by."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self._app, self._office = app, office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        system = scope["path"].split("/")[1] if scope["type"] == "http" else ""
        if system not in SYSTEMS:
            await self._app(scope, receive, send)
            return
        started_s = time.monotonic()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        entry = self._note(scope, system, headers)
        try:
            await self._answer(scope, receive, send, entry=entry, header=headers.get(FAULT_HEADER, ""))
        finally:
            entry.took_ms = round((time.monotonic() - started_s) * 1000, 2)

    def _note(self, scope: Scope, system: str, headers: dict[str, str]) -> Asked:
        given = headers.get("x-api-key", "")
        return self._office.log.add(
            at=self._office.calendar.stamp(),
            system=system,
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            key=_KEYS.get(given, "wrong" if given else ""),
            caller=headers.get("x-caller") or headers.get("user-agent", ""),
            idempotency_key=headers.get("idempotency-key", ""),
        )

    async def _answer(self, scope: Scope, receive: Receive, send: Send, *, entry: Asked, header: str) -> None:
        try:
            target = f"{entry.path}?{entry.query}"
            chosen = self._office.faults.next(entry.system, f"{entry.method} {entry.path}", target, header)
        except ValueError as error:
            await JSONResponse({"error": {"code": "no_such_fault", "message": str(error)}}, 400)(scope, receive, send)
            return
        if self._office.behaviour.latency_ms:
            await asyncio.sleep(self._office.behaviour.latency_ms / 1000)
        if chosen is None:
            await self._app(scope, receive, _noting(send, entry))
            return
        entry.fault = chosen.fault.name
        await self._fail(scope, receive, send, entry=entry, chosen=chosen)

    async def _fail(self, scope: Scope, receive: Receive, send: Send, *, entry: Asked, chosen: Chosen) -> None:
        reply: Reply | None = None
        if chosen.fault.when != "instead":
            asked = turned_to_another(scope, self._office.storage) if chosen.fault.when == "elsewhere" else scope
            reply = await _worked(self._app, asked, receive, entry)
        if chosen.fault.waits:
            await asyncio.sleep(chosen.seconds)
        script = chosen.fault.script(reply, self._told(chosen, entry.system))
        entry.status = script.status if script.has_head else 0
        await play(script, scope, receive, send, progress=Progress(), done=lambda: None)

    def _told(self, chosen: Chosen, system: str) -> Told:
        now = self._office.calendar.now()
        if chosen.fault.name == "stale":
            now -= timedelta(seconds=chosen.seconds)
        return Told(seconds=chosen.seconds, field=chosen.field, system=system, now=to_stamp(now))


def _noting(send: Send, entry: Asked) -> Send:
    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            _note_head(entry, message)
        await send(message)

    return noted


async def _worked(app: ASGIApp, scope: Scope, receive: Receive, entry: Asked) -> Reply:
    """What the system answers, kept back."""
    kept: dict[str, Any] = {"body": b""}

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept["head"] = message
        else:
            kept["body"] += message.get("body", b"")

    await app(scope, receive, keep)
    _note_head(entry, kept["head"])
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in kept["head"]["headers"]}
    return Reply(
        status=kept["head"]["status"],
        media_type=headers.get("content-type", "application/json"),
        headers={name: value for name, value in headers.items() if name not in _BODY_HEADERS},
        body=kept["body"],
    )


def _note_head(entry: Asked, head: Message) -> None:
    entry.status = head["status"]
    effect = dict(head["headers"]).get(b"x-effect-id")
    entry.effect_id = int(effect) if effect else None
