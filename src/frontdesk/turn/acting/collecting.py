"""What a person who takes over is given of a workflow: all that is known, as it would be said, and nothing private."""

from collections.abc import Mapping, Sequence

from frontdesk.domain.connector import OperationSpec, Row
from frontdesk.domain.effects import Effect
from frontdesk.domain.escalation import Collected
from frontdesk.domain.workflow import WorkflowRun
from frontdesk.ports.connectors import Connector
from frontdesk.workflows.formats import write_value

_MOST_ROWS = 20
_BECAME = {"begun": "under way", "done": "done", "failed": "did not take place", "unknown": "nobody knows"}


def collect(
    run: WorkflowRun,
    connectors: Mapping[str, Connector],
    *,
    why: str = "",
    effects: Sequence[Effect] = (),
    language: str = "en",
) -> Collected:
    """The run in words. A field that isn't known as one that may be shown is left out."""
    readings = run.readings.items()
    return Collected(
        workflow=run.workflow,
        version=run.version,
        step=run.step,
        why=why,
        slots={name: write_value(value, language) for name, value in run.slots.items() if value is not None},
        readings={
            name: tuple(_told(row, find_operation(connectors, reading.operation), language) for row in reading.rows)[
                :_MOST_ROWS
            ]
            for name, reading in readings
            if reading.rows
        },
        failures={reading.operation: reading.failure for _, reading in readings if reading.failure},
        effects={effect.operation: _BECAME[effect.status] for effect in effects},
    )


def find_operation(connectors: Mapping[str, Connector], qualified: str) -> OperationSpec | None:
    """What is known of an operation, by its qualified name."""
    name, _, operation = qualified.partition(".")
    connector = connectors.get(name)
    return None if connector is None else connector.operations.get(operation)


def shown_fields(spec: OperationSpec | None) -> tuple[str, ...]:
    """Names of the fields that may be said and shown."""
    return () if spec is None else tuple(field.name for field in spec.fields if not field.is_private)


def _told(row: Row, spec: OperationSpec | None, language: str) -> dict[str, str]:
    return {name: write_value(row[name], language) for name in shown_fields(spec) if row.get(name) is not None}
