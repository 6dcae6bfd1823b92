"""Reading from other systems: calls that don't depend on each other run at the same time, under one deadline."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from frontdesk.domain.acting import CallRecord
from frontdesk.domain.connector import CallFailure, CallResult, FailureKind, OperationSpec, Value
from frontdesk.domain.workflow import PlannedCall, Reading
from frontdesk.ports.clock import Clock
from frontdesk.ports.connectors import Connector
from frontdesk.turn.acting.authority import Authority, Denial
from frontdesk.turn.acting.hostile import find_orders

log = structlog.get_logger()

GRACE_S = 0.25
"""So much longer than it was given a connector may take before it is cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What came of one call."""

    reading: Reading
    record: CallRecord


class Calls:
    def __init__(self, connectors: Mapping[str, Connector], authority: Authority, *, clock: Clock) -> None:
        self._connectors = connectors
        self._authority = authority
        self._clock = clock

    async def read(self, step: str, planned: Sequence[PlannedCall], *, deadline_s: float) -> Sequence[Called]:
        """All of them, in their order."""
        return await asyncio.gather(*(self._read(step, call, deadline_s) for call in planned))

    async def _read(self, step: str, planned: PlannedCall, deadline_s: float) -> Called:
        connector, spec = self.find(planned)
        if connector is None or spec is None or spec.kind != "read":
            return self.failed(step, planned, "denied", "There is no such reading operation.")
        if self._authority.lacks(spec.needs):
            self._authority.refuse(
                "call.denied", f"{spec.qualified} needs more proof of who asks.", operation=spec.qualified
            )
            return self.failed(step, planned, "denied", f"It needs a customer who is {spec.needs}.")
        bound = self._authority.bind(spec, planned.arguments)
        if isinstance(bound, Denial):
            return self.failed(step, planned, bound.kind, bound.why)
        result = await call(connector, spec, bound, key="", deadline_s=deadline_s, clock=self._clock)
        if isinstance(result, CallFailure):
            if result.kind == "not_found" and planned.arguments:
                self._authority.note("record.not_found", operation=spec.qualified)
            return _to_called(step, planned, result, failure=result.kind, why=result.why)
        if not self._authority.owns(spec, result.rows):
            return _to_called(step, planned, result, failure="not_yours", why="A record belongs to somebody else.")
        if field := find_orders(spec, result.rows):
            self._authority.note("record.gave_orders", actor="system", operation=spec.qualified, field=field)
        return self._kept(step, planned, result)

    def find(self, planned: PlannedCall) -> tuple[Connector | None, OperationSpec | None]:
        connector = self._connectors.get(planned.connector)
        return connector, None if connector is None else connector.operations.get(planned.operation)

    def _kept(self, step: str, planned: PlannedCall, result: CallResult) -> Called:
        reading = Reading(operation=result.operation, rows=result.rows, read_at=result.read_at)
        record = CallRecord(
            step=step,
            result=planned.result,
            operation=result.operation,
            kind="read",
            attempts=result.attempts,
            took_ms=round(result.took_ms, 3),
            age_s=round(max(0.0, (self._clock.now() - result.read_at).total_seconds()), 3),
            rows=len(result.rows),
            is_cached=result.is_cached,
        )
        return Called(reading=reading, record=record)

    def failed(self, step: str, planned: PlannedCall, kind: FailureKind, why: str) -> Called:
        """A call that was not made."""
        operation = f"{planned.connector}.{planned.operation}"
        none = CallFailure(operation=operation, kind=kind, why=why, took_ms=0.0, attempts=0)
        return _to_called(step, planned, none, failure=kind, why=why)


async def call(
    connector: Connector,
    spec: OperationSpec,
    arguments: Mapping[str, Value],
    *,
    key: str,
    deadline_s: float,
    clock: Clock,
) -> CallResult | CallFailure:
    """One call, which ends in time and raises nothing, whatever the connector does."""
    began = clock.monotonic()

    def failure(kind: FailureKind, why: str) -> CallFailure:
        took_ms = (clock.monotonic() - began) * 1000
        return CallFailure(operation=spec.qualified, kind=kind, why=why, took_ms=took_ms)

    try:
        async with asyncio.timeout(deadline_s + GRACE_S):
            return await connector.call(spec.name, arguments, key=key, deadline_s=deadline_s)
    except TimeoutError:
        return failure("silent", f"No answer within {deadline_s:.1f} s.")
    except Exception as error:  # an operation written in Python may raise anything
        log.exception("connector_failed", operation=spec.qualified)
        return failure("malformed", f"The connector raised {type(error).__name__}.")


def _to_called(
    step: str, planned: PlannedCall, result: CallResult | CallFailure, *, failure: FailureKind, why: str
) -> Called:
    """A failure; nothing of what may have come is kept."""
    record = CallRecord(
        step=step,
        result=planned.result,
        operation=result.operation,
        kind="read",
        attempts=result.attempts,
        took_ms=round(result.took_ms, 3),
        failure=failure,
        why=why,
    )
    read_at = result.at if isinstance(result, CallFailure) else result.read_at
    return Called(reading=Reading(operation=result.operation, read_at=read_at, failure=failure), record=record)
