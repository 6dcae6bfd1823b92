"""Conversations written down as customers have them, walked through the real pipeline."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

import yaml

from builders import World
from frontdesk.adapters.clock import SystemTokens
from frontdesk.domain.connector import Value
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, Principal
from frontdesk.domain.ids import ConversationId, CustomerId, RunId, TurnId
from frontdesk.domain.workflow import Workflow, WorkflowRun
from frontdesk.ports.stores import Stores
from frontdesk.releases.workflows_file import read_workflows
from frontdesk.turn.acting.understanding import Understanding
from frontdesk.turn.generation import SideJobs
from frontdesk.turn.serving import ServedRelease
from integration.workflows.forged import OPERATIONS, Forged

HERE = Path(__file__).parent
SYSTEMS = ("orders", "payments", "workshop", "sales")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One conversation, and how it has to end."""

    name: str
    language: str
    lines: Sequence[Mapping[str, Any]]
    """`customer`, and what the answer `says`, has as last kind of sentence (`asks`), or `waits_for`."""
    runs: Mapping[str, str]
    """How each workflow's newest run stands at the end."""
    slots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Slots of a workflow's newest run, as text."""
    effects: Sequence[str] = ()
    """Changes in other systems, in their order: the operation and its arguments in the order of their names."""
    is_signed_in: bool = True
    silent: Sequence[str] = ()
    """Systems that do not answer."""
    needs_model: bool = False
    """Whether rules alone do not understand it."""

    def with_lines(self, lines: Sequence[Mapping[str, Any]]) -> Self:
        """The same customer, with other expectations on the way."""
        return replace(self, lines=lines)


def conversations() -> list[Script]:
    found = []
    for path in sorted((HERE / "conversations").glob("*.yaml")):
        found += [Script(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return found


@cache
def the_workflows() -> tuple[Workflow, ...]:
    return read_workflows(HERE / "shop", operations={spec.qualified: spec for spec in OPERATIONS})


def with_workflows(
    release: ServedRelease, systems: Mapping[str, Forged], *, jobs: SideJobs | None = None
) -> ServedRelease:
    """The release with the shop's workflows over these systems."""
    workflows, content = the_workflows(), release.content
    understanding = Understanding(workflows, content.profile, None, synonyms=content.retrieval.synonyms, jobs=jobs)
    return replace(
        release,
        content=replace(content, workflows=workflows),
        workflows={workflow.name: workflow for workflow in workflows},
        understanding=understanding,
        connectors=dict(systems),
    )


@dataclass(slots=True, kw_only=True)
class Walked:
    """What came of a conversation."""

    said: list[str] = field(default_factory=list)
    """Each answer in whole."""
    runs: dict[str, str] = field(default_factory=dict)
    slots: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    waits: list[str] = field(default_factory=list)
    understood_by: list[str] = field(default_factory=list)


async def walk(world: World, script: Script) -> Walked:
    """Write the customer's lines one after the other, and check each answer on the way."""
    conversation_id = await _begun(world, script)
    walked = Walked()
    known: dict[str, RunId] = {}
    for line in script.lines:
        accepted = await world.send(conversation_id, line["customer"])
        await world.finished(accepted)
        turn_id = accepted.turn.turn_id
        events = await world.events(conversation_id)
        texts = [json.loads(e.body)["text"] for e in events if e.kind == "answer.sentence" and e.turn_id == turn_id]
        walked.said.append(" ".join(texts))
        record = await world.database.read(partial(_record, turn_id=turn_id))
        acting = (record or {}).get("acting") or {}
        walked.waits.append(acting.get("waits_for", ""))
        walked.understood_by.append(acting.get("understood_by", ""))
        if acting.get("run_id"):
            known[acting["workflow"]] = RunId(acting["run_id"])
        for run in await world.database.read(lambda stores: stores.workflow_runs.open_of(conversation_id)):
            known[run.workflow] = run.run_id
        _check_line(line, walked)
    for name, run_id in known.items():
        last = await world.database.read(partial(_run, run_id=run_id))
        assert last is not None
        walked.runs[name], walked.slots[name] = last.status, last.slots
    return walked


def _record(stores: Stores, *, turn_id: TurnId) -> Mapping[str, Any] | None:
    return stores.turns.record(turn_id)


def _run(stores: Stores, *, run_id: RunId) -> WorkflowRun | None:
    return stores.workflow_runs.get(run_id)


def _check_line(line: Mapping[str, Any], walked: Walked) -> None:
    said, waits = walked.said[-1], walked.waits[-1]
    where = f"after {line['customer']!r}: {said!r}, waits for {waits!r}"
    for wanted in _several(line.get("says")):
        assert wanted in said, f"{wanted!r} is missing {where}"
    for unwanted in _several(line.get("never")):
        assert unwanted not in said, f"{unwanted!r} {where}"
    if "waits_for" in line:
        assert waits == line["waits_for"], where


def _several(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


async def _begun(world: World, script: Script) -> ConversationId:
    conversation_id, at = ConversationId.mint(SystemTokens().token()), world.clock.now()

    def create(stores: Stores) -> None:
        principal = Principal(audiences=Audiences(labels=frozenset({"public"})))
        if script.is_signed_in:
            fresh = CustomerId.mint(SystemTokens().token())
            known = stores.customers.get_or_create("cust-1", fresh=fresh, at=at)
            principal = replace(principal, subject="cust-1", customer_id=known, proof="signed_token")
        conversation = Conversation(
            conversation_id=conversation_id,
            channel="test",
            locale=script.language,
            status=ConversationStatus.ASSISTANT,
            principal=principal,
            last_seq=0,
            created_at=at,
        )
        stores.conversations.create(conversation, token_hash=uuid.uuid4().hex)

    await world.database.write(create)
    return conversation_id


def told(effects: Sequence[tuple[str, Mapping[str, Value]]]) -> list[str]:
    """Effects as the scripts write them."""
    return [" ".join([name, *(f"{key}={value}" for key, value in sorted(values.items()))]) for name, values in effects]
