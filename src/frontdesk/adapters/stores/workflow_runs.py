"""Runs of workflows: at most one active on a conversation, each changed only by whoever has its newest revision."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, func, select, update

from frontdesk.adapters.stores.schema import workflow_runs
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import insert_if_absent
from frontdesk.adapters.stores.typed import plain_row, typed_row
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.errors import ConflictError
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import Reading, RunStatus, WorkflowRun
from frontdesk.ports.stores import RunTally

_OPEN = workflow_runs.c.status.in_(("active", "suspended"))
_ADD = insert_if_absent(workflow_runs)
_CHANGE = (
    update(workflow_runs)
    .where(workflow_runs.c.run_id == bindparam("wanted"), workflow_runs.c.revision == bindparam("before"), _OPEN)
    .values(
        step=bindparam("new_step"),
        status=bindparam("new_status"),
        updated_at=bindparam("at"),
        revision=bindparam("after"),
        body=bindparam("new_body"),
    )
)
_GET = select(workflow_runs).where(workflow_runs.c.run_id == bindparam("wanted"))
_OPEN_OF = (
    select(workflow_runs)
    .where(workflow_runs.c.conversation_id == bindparam("wanted"), _OPEN)
    .order_by(
        case((workflow_runs.c.status == "active", 0), else_=1),
        workflow_runs.c.updated_at.desc(),
        workflow_runs.c.run_id.desc(),
    )
)
_END_OPEN = (
    update(workflow_runs)
    .where(workflow_runs.c.conversation_id == bindparam("wanted"), _OPEN)
    .values(status=bindparam("new_status"), updated_at=bindparam("at"), revision=workflow_runs.c.revision + 1)
)
_TALLY = (
    select(workflow_runs.c.workflow, workflow_runs.c.status, func.count().label("runs"))
    .where(workflow_runs.c.started_at >= bindparam("since"))
    .group_by(workflow_runs.c.workflow, workflow_runs.c.status)
    .order_by(workflow_runs.c.workflow, workflow_runs.c.status)
)
_COLUMNS = frozenset(column.name for column in workflow_runs.c)
_REST = tuple(
    item.name for item in fields(WorkflowRun) if item.name not in _COLUMNS and item.name not in ("slots", "readings")
)
"""Fields that lie in the body as they are; a body written before one of them existed leaves it at its default."""


class WorkflowRuns:
    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, run: WorkflowRun) -> WorkflowRun:
        """Store a new run (revision 0) or the changed one, and give it with its new revision.

        Raises:
            ConflictError: it was changed since it was read, it is over, or its conversation has another active run.
        """
        stored = replace(run, revision=run.revision + 1)
        changed = self._session.run(_ADD, _row(stored)) if run.revision == 0 else self._change(stored)
        if changed != 1:
            raise ConflictError("This run of a workflow was changed in the meantime.", run_id=run.run_id)
        return stored

    def _change(self, run: WorkflowRun) -> int:
        values = {
            "wanted": run.run_id,
            "before": run.revision - 1,
            "after": run.revision,
            "new_step": run.step,
            "new_status": run.status,
            "at": to_ms(run.updated_at),
            "new_body": _body(run),
        }
        return self._session.run(_CHANGE, values)

    def get(self, run_id: RunId) -> WorkflowRun | None:
        row = self._session.first(_GET, {"wanted": run_id})
        return None if row is None else _to_run(row)

    def open_of(self, conversation_id: ConversationId) -> tuple[WorkflowRun, ...]:
        """The active run first, then suspended ones, the one put aside last first."""
        return tuple(_to_run(row) for row in self._session.rows(_OPEN_OF, {"wanted": conversation_id}))

    def end_open(self, conversation_id: ConversationId, status: RunStatus, *, at: datetime) -> int:
        """End every open run of the conversation in this way; how many that were."""
        return self._session.run(_END_OPEN, {"wanted": conversation_id, "new_status": status, "at": to_ms(at)})

    def tally(self, *, since: datetime) -> tuple[RunTally, ...]:
        """How many runs begun since then have come to what, by workflow."""
        rows = self._session.rows(_TALLY, {"since": to_ms(since)})
        return tuple(RunTally(workflow=row.workflow, status=row.status, runs=row.runs) for row in rows)


def _row(run: WorkflowRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "conversation_id": run.conversation_id,
        "workflow": run.workflow,
        "version": run.version,
        "release_id": run.release_id,
        "step": run.step,
        "status": run.status,
        "started_at": to_ms(run.started_at),
        "updated_at": to_ms(run.updated_at),
        "revision": run.revision,
        "body": _body(run),
    }


def _body(run: WorkflowRun) -> str:
    readings = {name: _plain_reading(reading) for name, reading in run.readings.items()}
    rest = {name: getattr(run, name) for name in _REST}
    return to_json({"slots": plain_row(run.slots), "readings": readings, **rest})


def _plain_reading(reading: Reading) -> dict[str, Any]:
    return {
        "operation": reading.operation,
        "rows": [plain_row(row) for row in reading.rows],
        "read_at": None if reading.read_at is None else reading.read_at.isoformat(),
        "failure": reading.failure,
        "arguments": plain_row(reading.arguments),
    }


def _to_reading(plain: Mapping[str, Any]) -> Reading:
    return Reading(
        operation=plain["operation"],
        rows=tuple(typed_row(row) for row in plain["rows"]),
        read_at=None if plain["read_at"] is None else datetime.fromisoformat(plain["read_at"]),
        failure=plain["failure"],
        arguments=typed_row(plain["arguments"]),
    )


def _to_run(row: Any) -> WorkflowRun:
    body = {} if row.body is None else json.loads(row.body)
    return WorkflowRun(
        run_id=RunId(row.run_id),
        conversation_id=ConversationId(row.conversation_id),
        workflow=row.workflow,
        version=row.version,
        release_id=ReleaseId(row.release_id),
        step=row.step,
        status=row.status,
        started_at=from_ms(row.started_at),
        updated_at=from_ms(row.updated_at),
        slots=typed_row(body.get("slots", {})),
        readings={name: _to_reading(plain) for name, plain in body.get("readings", {}).items()},
        revision=row.revision,
        **_rest(body),
    )


def _rest(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(body[name]) if isinstance(body[name], list) else body[name] for name in _REST if name in body}
