"""Effects on other systems: begun in a commit, made under a key, and never made twice.

begin    approval used up, limits counted, row written: one commit under the turn's lease
make     the call with the key; it goes on where its turn was stopped meanwhile
finish   done, failed or unknown, as soon as it is known, with or without the lease: it is a fact
settle   an effect that somebody else began: repeat it under the same key where the system keeps keys, else read back
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from frontdesk.domain.acting import CallRecord
from frontdesk.domain.audit import AuditEntry
from frontdesk.domain.connector import CallFailure, CallResult, FailureKind, OperationSpec, Row, Value
from frontdesk.domain.effects import Effect
from frontdesk.domain.turn import Lease
from frontdesk.domain.workflow import Reading
from frontdesk.ports.clock import Clock
from frontdesk.ports.connectors import Connector
from frontdesk.ports.stores import Database, EffectLimits, Stores
from frontdesk.turn.acting.calls import call

log = structlog.get_logger()

CERTAIN: frozenset[FailureKind] = frozenset({"rejected", "not_found", "rate_limited", "denied", "limit", "not_yours"})
"""Failures after which an effect certainly did not take place. After the others nobody knows, a refused connection
included: a proxy may have passed the request on."""
_REPEATS = 2
"""How often an effect whose end isn't known is tried to be found out, each with the operation's own time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    effect: Effect
    is_new: bool
    """Nobody can have called for it before."""


Begun = Began | Literal["limit", "used"]
"""`used`: the approval is used up, void or expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of an effect."""

    effect: Effect
    attempts: int = 0
    took_ms: float = 0.0
    is_resumed: bool = False

    def reading(self) -> Reading:
        effect = self.effect
        failure: FailureKind | None = None
        if effect.status in ("begun", "unknown"):
            failure = "silent"
        elif effect.status == "failed":
            failure = _as_failure(effect.why)
        return Reading(
            operation=effect.operation, rows=effect.rows, read_at=effect.ended_at or effect.begun_at, failure=failure
        )

    def record(self, step: str, result: str) -> CallRecord:
        reading = self.reading()
        return CallRecord(
            step=step,
            result=result,
            operation=self.effect.operation,
            kind="effect",
            attempts=self.attempts,
            took_ms=round(self.took_ms, 3),
            rows=len(self.effect.rows),
            failure=reading.failure,
            why=self.effect.why,
            key=self.effect.key,
            is_resumed=self.is_resumed,
        )


class EffectBook:
    """One per process. Effects under way outlive the turns that wanted them."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._under_way: dict[str, asyncio.Task[Made]] = {}

    async def begin(self, effect: Effect, *, approval_id: str | None, limits: EffectLimits, lease: Lease) -> Begun:
        """Note that it begins; one that was begun under this key before comes back as it stands.

        Raises:
            LeaseLostError, SupersededError, HandedOverError: the turn may not; nothing was used up.
        """

        def commit(stores: Stores) -> Begun:
            stores.turns.assert_held(lease)
            if approval_id is not None and not stores.approvals.consume(approval_id, turn_id=lease.turn_id):
                return "used"
            known = stores.effects.get(effect.key)
            begun = known or stores.effects.begin(effect, limits=limits)
            return begun if begun == "limit" else Began(effect=begun, is_new=known is None)

        return await self._database.write(commit)

    async def make(
        self,
        effect: Effect,
        connector: Connector,
        spec: OperationSpec,
        arguments: Mapping[str, Value],
        *,
        deadline_s: float,
        is_resumed: bool,
        audit: AuditEntry,
    ) -> Made:
        """Make it, or find out what became of it, and write that down.

        Args:
            arguments: complete, the bound ones included.
            is_resumed: somebody else began it, and may have made it.
            audit: what is noted once its end is known; its action gets the status.
        """
        if effect.status != "begun":
            return Made(effect=effect, is_resumed=True)
        making = self._under_way.get(effect.key)
        if making is None:
            making = self._under_way[effect.key] = asyncio.create_task(
                self._make(
                    effect, connector, spec, arguments, deadline_s=deadline_s, is_resumed=is_resumed, audit=audit
                )
            )
            making.add_done_callback(lambda _: self._under_way.pop(effect.key, None))
        return await asyncio.shield(making)

    async def look_back(self, effect: Effect, connectors: Mapping[str, Connector], *, audit: AuditEntry) -> Effect:
        """Write down what the system tells of an effect by its key, or that nobody knows; it is not made any more."""
        name, _, operation = effect.operation.partition(".")
        connector = connectors.get(name)
        spec = connector.operations.get(operation) if connector else None
        told = None if connector is None or spec is None else await self._read_back(effect, connector, spec)
        return await self._finish(effect, spec, told if isinstance(told, CallResult) and told.rows else None, audit)

    async def close(self) -> None:
        """Wait for those under way; each ends within its own time."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _make(
        self,
        effect: Effect,
        connector: Connector,
        spec: OperationSpec,
        arguments: Mapping[str, Value],
        *,
        deadline_s: float,
        is_resumed: bool,
        audit: AuditEntry,
    ) -> Made:
        began, attempts = self._clock.monotonic(), 0
        ends_s = began + deadline_s
        result: CallResult | CallFailure | None = None
        if not is_resumed or spec.keeps_keys:
            result = await self._call(effect, connector, spec, arguments, deadline_s=deadline_s)
            attempts += result.attempts
        for _ in range(_REPEATS):
            if result is not None and not _is_open(result):
                break
            left_s = ends_s - self._clock.monotonic()
            if left_s <= 0:
                break
            result, more = await self._find_out(
                effect, connector, spec, arguments, deadline_s=left_s, may_make=is_resumed
            )
            attempts += more
        ended = await self._finish(effect, spec, result, audit)
        took_ms = (self._clock.monotonic() - began) * 1000
        return Made(effect=ended, attempts=attempts, took_ms=took_ms, is_resumed=is_resumed)

    async def _call(
        self,
        effect: Effect,
        connector: Connector,
        spec: OperationSpec,
        arguments: Mapping[str, Value],
        *,
        deadline_s: float,
    ) -> CallResult | CallFailure:
        limit_s = min(deadline_s, spec.timeout_s)
        return await call(connector, spec, arguments, key=effect.key, deadline_s=limit_s, clock=self._clock)

    async def _find_out(
        self,
        effect: Effect,
        connector: Connector,
        spec: OperationSpec,
        arguments: Mapping[str, Value],
        *,
        deadline_s: float,
        may_make: bool,
    ) -> tuple[CallResult | CallFailure | None, int]:
        """Whether it took place, as far as the system can tell.

        Args:
            may_make: its first caller is dead, so one that isn't there was never made, and is made now.
        """
        if spec.keeps_keys:
            result = await self._call(effect, connector, spec, arguments, deadline_s=deadline_s)
            return result, result.attempts
        await self._until_it_must_have_arrived(effect, spec)
        told = await self._read_back(effect, connector, spec, deadline_s=deadline_s)
        if told is None:
            return None, 0
        is_absent = told.kind == "not_found" if isinstance(told, CallFailure) else not told.rows
        if not is_absent:
            return (None if isinstance(told, CallFailure) else told), told.attempts
        if not may_make:
            return None, told.attempts
        result = await self._call(effect, connector, spec, arguments, deadline_s=deadline_s)
        return result, told.attempts + result.attempts

    async def _read_back(
        self, effect: Effect, connector: Connector, spec: OperationSpec, *, deadline_s: float = math.inf
    ) -> CallResult | CallFailure | None:
        """What the system has under the effect's key; None where it can't be asked."""
        reader = connector.operations.get(spec.read_back) if spec.read_back else None
        if reader is None:
            return None
        limit_s = min(deadline_s, reader.timeout_s)
        return await call(connector, reader, {"key": effect.key}, key="", deadline_s=limit_s, clock=self._clock)

    async def _until_it_must_have_arrived(self, effect: Effect, spec: OperationSpec) -> None:
        """What was sent a moment ago may be on its way still; after its own time-out it is there or never was."""
        if not spec.read_back:
            return
        age_s = (self._clock.now() - effect.begun_at).total_seconds()
        await asyncio.sleep(max(0.0, min(spec.timeout_s - age_s, spec.timeout_s)))

    async def _finish(
        self, effect: Effect, spec: OperationSpec | None, result: CallResult | CallFailure | None, audit: AuditEntry
    ) -> Effect:
        status, why, rows = _became(effect, spec, result)
        at = self._clock.now()
        ended = replace(effect, status=status, why=why, rows=rows, ended_at=at)
        noted = replace(audit, at=at, action=f"effect.{status}", details={**audit.details, "why": why})

        def commit(stores: Stores) -> Effect:
            if stores.effects.finish(effect.key, status, rows=rows, why=why, at=at):
                stores.audit.append([noted])
                return ended
            return stores.effects.get(effect.key) or ended

        return await self._database.write(commit)


def _is_open(result: CallResult | CallFailure) -> bool:
    return isinstance(result, CallFailure) and result.kind not in CERTAIN


def _became(
    effect: Effect, spec: OperationSpec | None, result: CallResult | CallFailure | None
) -> tuple[Literal["done", "failed", "unknown"], str, tuple[Row, ...]]:
    if isinstance(result, CallResult):
        owner = spec.owner_field if spec else ""
        if owner and any(str(row.get(owner) or "") != effect.subject for row in result.rows):
            return "unknown", "not_yours", ()
        return "done", "", result.rows
    if result is not None and not _is_open(result):
        return "failed", result.kind, ()
    return "unknown", "silent" if result is None else result.kind, ()


def _as_failure(why: str) -> FailureKind:
    return next((kind for kind in CERTAIN if kind == why), "rejected")
