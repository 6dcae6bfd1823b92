"""One record on its way: begun in a commit before it is sent, sent under its id, looked up after an unclear end.

    nothing begun             map it; refused where a value is not allowed; nothing sent where nothing is new
    begun, end unclear        look it up where the system can tell; else send the very same once more under its id
    begun, never arrived      map it anew: the conversation may have grown

A process that was killed leaves `begun, end unclear`, and so does every failure that may have come after the change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from frontdesk.domain.connector import CallFailure, CallResult, FailureKind, OperationSpec, Value
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import FieldError, Mended, Outgoing, StoredWriteBack, WriteBack
from frontdesk.ports.connectors import Connector
from frontdesk.ports.stores import Database
from frontdesk.turn.guards import Guard
from frontdesk.turn.write_back.facts import gather
from frontdesk.turn.write_back.mapping import MappedRecord, map_record, outgoing_of

DEADLINE_S = 15.0
"""For one call with the connector's own retries."""
_REFUSALS: frozenset[FailureKind] = frozenset({"rejected", "not_yours", "not_found", "denied"})
"""The system understood and will not: trying again changes nothing."""
_OUTAGES: frozenset[FailureKind] = frozenset({"unavailable", "rate_limited", "limit"})
"""Nothing that the record is to blame for."""
_NOTHING_HAPPENED: frozenset[FailureKind] = frozenset({*_REFUSALS, "rate_limited", "limit"})

_NOT_ASKED = frozenset({"breaker", "busy", "pace"})
"""Causes for which the connector itself asked nobody, and soon will again."""

Result = Literal["sent", "unchanged", "refused", "retry", "outage", "held", "lost"]
"""
unchanged  nothing new to say
retry      it failed in a way that may be the record's own
outage     the system could not be reached
held       the connector leaves the system alone at this moment, and nothing was tried
lost       another process has the record
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where records go, and by which rules."""

    rules: WriteBack
    connector: Connector
    guard: Guard

    @property
    def create(self) -> OperationSpec:
        return self.connector.operations[self.rules.operation.partition(".")[2]]

    @property
    def update(self) -> OperationSpec:
        return self.connector.operations[(self.rules.update or self.rules.operation).partition(".")[2]]

    def operation(self, *, version: int) -> OperationSpec:
        return self.create if version == 1 else self.update


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    result: Result
    why: str = ""
    """For people; empty where nothing failed."""
    is_unclear: bool = False
    errors: tuple[FieldError, ...] = ()


async def deliver(database: Database, held: StoredWriteBack, target: Target) -> Delivered:
    """Bring the record that this process holds as far as possible now; what came of it is stored but for failures."""
    if held.outgoing is not None and held.is_unclear:
        settled = await _settle(database, held, held.outgoing, target)
        if settled is not None:
            return settled
    version = held.versions + 1
    spec = target.operation(version=version)
    found = await map_now(
        database,
        held.conversation_id,
        target,
        version=version,
        reference=held.reference,
        mended=held.mended,
    )
    if found is None:
        return Delivered(result="refused", why="The conversation is not there any more.")
    record, seq = found
    if record.digest == held.sent_digest:
        is_mine = await database.write(
            lambda stores: stores.write_backs.unchanged(held.conversation_id, seq=seq, fence=held.fence)
        )
        return Delivered(result="unchanged" if is_mine else "lost")
    if record.errors:
        why = "Not sent: " + "; ".join(f"{one.field}: {one.message}" for one in record.errors)
        return Delivered(result="refused", why=why, errors=record.errors)
    return await _send(
        database, held, outgoing_of(record, held.conversation_id, spec, version=version, seq=seq), target
    )


async def map_now(
    database: Database,
    conversation_id: ConversationId,
    target: Target,
    *,
    version: int = 1,
    reference: str = "",
    mended: Mapping[str, Mended],
) -> tuple[MappedRecord, int] | None:
    """The record as it would be sent now, and the newest event it knows of; None where there is no conversation."""
    facts = await database.read(
        lambda stores: gather(stores, conversation_id, target.guard, console=target.rules.console)
    )
    if facts is None:
        return None
    spec = target.operation(version=version)
    record = map_record(facts, target.rules, spec, version=version, reference=reference, mended=mended)
    return record, facts.seq


async def _settle(database: Database, held: StoredWriteBack, outgoing: Outgoing, target: Target) -> Delivered | None:
    """What became of a record whose end is unclear; None where it never arrived and may be mapped anew."""
    spec = target.connector.operations.get(outgoing.operation.partition(".")[2])
    if spec is None:  # the rules name another operation by now
        return None
    if spec.read_back:
        return await _look_up(database, held, outgoing, spec, target)
    return None if held.is_mended else await _call(database, held, outgoing, target)


async def _look_up(
    database: Database, held: StoredWriteBack, outgoing: Outgoing, spec: OperationSpec, target: Target
) -> Delivered | None:
    read = target.connector.operations[spec.read_back]
    wanted = {one.name: _asked_by(one.name, outgoing) for one in read.arguments}
    came = await target.connector.call(read.name, wanted, key="", deadline_s=DEADLINE_S)
    if isinstance(came, CallFailure) and came.kind != "not_found":
        is_held = came.kind in _OUTAGES and came.details.get("cause") in _NOT_ASKED
        return Delivered(result="held", why=came.why, is_unclear=True) if is_held else _failed(came, is_unclear=True)
    rows = () if isinstance(came, CallFailure) else came.rows
    proof = target.rules.proof
    arrived = next((row for row in rows if not proof or row.get(proof) == outgoing.digest), None)
    if arrived is not None:
        return await _note_sent(database, held, str(arrived.get(target.rules.reference) or ""))
    is_mine = await database.write(lambda stores: stores.write_backs.is_absent(held.conversation_id, fence=held.fence))
    return None if is_mine else Delivered(result="lost")


def _asked_by(argument: str, outgoing: Outgoing) -> Value:
    return outgoing.effect_id if argument == "key" else outgoing.values.get(argument)


async def _send(database: Database, held: StoredWriteBack, outgoing: Outgoing, target: Target) -> Delivered:
    is_mine = await database.write(
        lambda stores: stores.write_backs.begin(held.conversation_id, outgoing, fence=held.fence)
    )
    if not is_mine:
        return Delivered(result="lost")
    return await _call(database, held, outgoing, target)


async def _call(database: Database, held: StoredWriteBack, outgoing: Outgoing, target: Target) -> Delivered:
    name = outgoing.operation.partition(".")[2]
    came = await target.connector.call(name, outgoing.values, key=outgoing.effect_id, deadline_s=DEADLINE_S)
    if isinstance(came, CallResult):
        return await _note_sent(database, held, str(came.row.get(target.rules.reference) or ""))
    if came.kind in _OUTAGES and came.details.get("cause") in _NOT_ASKED:
        return Delivered(result="held", why=came.why, is_unclear=held.is_unclear and outgoing == held.outgoing)
    return _failed(came, is_unclear=came.kind not in _NOTHING_HAPPENED)


async def _note_sent(database: Database, held: StoredWriteBack, reference: str) -> Delivered:
    is_mine = await database.write(
        lambda stores: stores.write_backs.sent(held.conversation_id, reference=reference, fence=held.fence)
    )
    return Delivered(result="sent" if is_mine else "lost")


def _failed(came: CallFailure, *, is_unclear: bool) -> Delivered:
    if came.kind in _REFUSALS:
        return Delivered(result="refused", why=came.why, errors=field_errors(came), is_unclear=is_unclear)
    behind = came.details.get("kind", came.kind)  # of a call whose end is unknown: what it failed with
    result: Result = "outage" if behind in _OUTAGES else "retry"
    return Delivered(result=result, why=f"{came.kind.replace('_', ' ')}: {came.why}", is_unclear=is_unclear)


def field_errors(came: CallFailure) -> tuple[FieldError, ...]:
    """The other system's words per field, where its refusal names some: details `field`, or `field.<name>` each."""
    named = {name.removeprefix("field."): said for name, said in came.details.items() if name.startswith("field.")}
    if not named and came.details.get("field"):
        named = {came.details["field"]: came.why}
    return tuple(FieldError(field=name, message=said) for name, said in named.items()) or (
        FieldError(field="", message=came.why),
    )


Reach = Callable[[], Target | None]
"""The live release's target; None where it writes nothing back, or its connector is not there."""
