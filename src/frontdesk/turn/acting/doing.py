"""What a run calls in one turn: reads under authority, and effects that a yes stands for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from frontdesk.domain.acting import CallRecord
from frontdesk.domain.connector import FailureKind, Need, OperationSpec
from frontdesk.domain.effects import Approval, Effect, arguments_hash, effect_key
from frontdesk.domain.turn import Lease
from frontdesk.domain.workflow import (
    CallWanted,
    ConfirmationWanted,
    ConfirmStep,
    PlannedCall,
    Reading,
    Workflow,
    WorkflowRun,
)
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.connectors import Connector
from frontdesk.ports.stores import Database, EffectLimits
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.acting.authority import Authority, Denial, amount_of
from frontdesk.turn.acting.calls import Calls
from frontdesk.turn.acting.codes import Codes
from frontdesk.turn.acting.collecting import find_operation
from frontdesk.turn.acting.effects import EffectBook, Made

UNDO = "undo "
"""How the step of an effect that takes back another one begins."""
_MARGIN_S = 0.5
"""Kept of the turn's time for saying and recording what came of the calls."""
_NEEDS: Sequence[Need] = ("anyone", "verified", "stepped_up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What acting reaches, the same for all turns of a process."""

    database: Database
    effects: EffectBook
    codes: Codes
    clock: Clock
    tokens: TokenSource
    telemetry: Telemetry


@dataclass(slots=True, kw_only=True)
class Doing:
    """Of one run in one turn."""

    workflow: Workflow
    connectors: Mapping[str, Connector]
    means: Means
    authority: Authority
    lease: Lease
    remaining_s: Callable[[], float]
    at: datetime
    approvals: tuple[Approval, ...] = ()
    """What this turn has used up already, on another worker."""
    records: list[CallRecord] = field(default_factory=list)
    taken_in: list[str] = field(default_factory=list)
    """Keys of effects that the run has gone on with."""
    effects: list[Effect] = field(default_factory=list)
    """As they ended."""

    def need(self, planned: Sequence[PlannedCall]) -> Need:
        """What the workflow and the operations ask of the session, the hardest of it."""
        specs = (find_operation(self.connectors, _qualified(call)) for call in planned)
        needs = (self.workflow.needs, *(spec.needs for spec in specs if spec is not None))
        return max(needs, key=_NEEDS.index)

    def lacks(self, planned: Sequence[PlannedCall]) -> bool:
        return self.authority.lacks(self.need(planned)) != ""

    def left_s(self) -> float:
        """Seconds that calls may take."""
        return max(0.05, self.remaining_s() - _MARGIN_S)

    async def read(self, wanted: CallWanted) -> Mapping[str, Reading]:
        """What the calls return, all made at the same time; a failure belongs to this moment and isn't tried again."""
        calls = Calls(self.connectors, self.authority, clock=self.means.clock)
        called = await calls.read(wanted.step, wanted.calls, deadline_s=self.left_s())
        for one in called:
            self._note(one.record)
        return {
            one.record.result: replace(one.reading, read_at=self.at) if one.reading.failure else one.reading
            for one in called
        }

    def refused_before(self, wanted: ConfirmationWanted) -> Mapping[str, Reading] | None:
        """The failure of an effect that needn't be confirmed, for it wouldn't be made; None where it would."""
        spec = find_operation(self.connectors, _qualified(wanted.call))
        if spec is None or spec.kind != "effect":
            return self._failed(wanted.step, wanted.call, "denied", "There is no such effect.")
        bound = self.authority.bind(spec, wanted.call.arguments)
        if isinstance(bound, Denial):
            return self._failed(wanted.step, wanted.call, bound.kind, bound.why)
        amount = amount_of(bound, spec)
        if spec.max_amount is not None and amount is not None and amount > spec.max_amount:
            return self._over(wanted.step, wanted.call, "The amount needs a person.")
        return None

    async def effect(self, run: WorkflowRun, wanted: CallWanted) -> Mapping[str, Reading] | None:
        """What became of the effect; None where the yes to it doesn't count."""
        planned = wanted.calls[0]
        spec = find_operation(self.connectors, _qualified(planned))
        if spec is None or spec.kind != "effect":
            return self._failed(wanted.step, planned, "denied", "There is no such effect.")
        bound = self.authority.bind(spec, planned.arguments)
        if isinstance(bound, Denial):
            return self._failed(wanted.step, planned, bound.kind, bound.why)
        approval = None if wanted.undoes else await self._approved(run, wanted.step, planned)
        if approval is None and not wanted.undoes:
            return None
        step = f"{UNDO}{wanted.undoes}" if wanted.undoes else wanted.step
        approval_id = "" if approval is None else approval.approval_id
        effect = Effect(
            key=effect_key(run.run_id, step, approval_id, planned.arguments),
            run_id=run.run_id,
            conversation_id=run.conversation_id,
            turn_id=self.lease.turn_id,
            step=step,
            operation=spec.qualified,
            subject=self.authority.subject,
            arguments=planned.arguments,
            amount=amount_of(bound, spec),
            begun_at=self.means.clock.now(),
        )
        limits = EffectLimits() if wanted.undoes else _limits(spec)
        begun = await self.means.effects.begin(effect, approval_id=approval_id or None, limits=limits, lease=self.lease)
        if begun == "used":
            self.authority.refuse("approval.used", "A yes was used up before.", operation=spec.qualified)
            return None
        if begun == "limit":
            return self._over(wanted.step, planned, "The customer's effects or their amount are at their bound.")
        return await self._make(begun.effect, planned.result, is_resumed=not begun.is_new)

    async def settle(self, effect: Effect) -> Mapping[str, Reading]:
        """What became of an effect whose turn did not come to its end."""
        return await self._make(effect, _result_of(self.workflow, effect.step), is_resumed=True)

    async def _make(self, effect: Effect, result: str, *, is_resumed: bool) -> Mapping[str, Reading]:
        spec = find_operation(self.connectors, effect.operation)
        bound = None if spec is None else self.authority.bind(spec, effect.arguments)
        if spec is None or bound is None or isinstance(bound, Denial):
            made = Made(effect=replace(effect, status="unknown", why="denied"))
        else:
            made = await self.means.effects.make(
                effect,
                self.connectors[spec.connector],
                spec,
                bound,
                deadline_s=self.left_s(),
                is_resumed=is_resumed,
                audit=self.authority.entry("effect", operation=spec.qualified, step=effect.step, key=effect.key),
            )
        self.taken_in.append(effect.key)
        self.effects.append(made.effect)
        self._note(made.record(effect.step, result))
        return {result: made.reading()}

    async def _approved(self, run: WorkflowRun, step: str, planned: PlannedCall) -> Approval | None:
        """The approval of exactly this, asked for and not used up by another turn."""
        used = next((one for one in self.approvals if (one.run_id, one.step) == (run.run_id, step)), None)
        approval = used or await self.means.database.read(lambda stores: stores.approvals.find(run.run_id, step))
        if approval is None:
            return None
        is_same = approval.operation == _qualified(planned)
        if is_same and arguments_hash(approval.arguments) == arguments_hash(planned.arguments):
            return approval
        self.authority.refuse(
            "approval.other", "The yes was to something else than what would be done.", operation=_qualified(planned)
        )
        return None

    def _over(self, step: str, planned: PlannedCall, why: str) -> Mapping[str, Reading]:
        self.authority.refuse("effect.limit", why, operation=_qualified(planned))
        return self._failed(step, planned, "limit", why)

    def _failed(self, step: str, planned: PlannedCall, kind: FailureKind, why: str) -> Mapping[str, Reading]:
        """Of an effect that was not made."""
        self._note(
            CallRecord(
                step=step,
                result=planned.result,
                operation=_qualified(planned),
                kind="effect",
                failure=kind,
                why=why,
            )
        )
        return {planned.result: Reading(operation=_qualified(planned), read_at=self.at, failure=kind)}

    def _note(self, record: CallRecord) -> None:
        self.records.append(record)
        if record.failure is not None:
            telemetry = self.means.telemetry
            telemetry.workflow_failed(workflow=self.workflow.name, step=record.step, failure=record.failure)


def _qualified(planned: PlannedCall) -> str:
    return f"{planned.connector}.{planned.operation}"


def _limits(spec: OperationSpec) -> EffectLimits:
    return EffectLimits(per_customer_day=spec.per_customer_day, max_amount=spec.max_amount)


def _result_of(workflow: Workflow, step: str) -> str:
    """The name under which a run keeps what came of an effect."""
    if step.startswith(UNDO):
        undoing = workflow.compensation.get(step.removeprefix(UNDO))
        return "" if undoing is None else undoing.result
    found = workflow.steps.get(step)
    return found.call.result if isinstance(found, ConfirmStep) else ""
