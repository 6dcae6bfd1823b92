"""What editors are told of these files agrees with what is read."""

from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from frontdesk.releases import json_schema
from procedures import ASSISTANT

FILES = {
    **dict.fromkeys(sorted((ASSISTANT / "workflows").glob("*.yaml")), "workflows/NAME.yaml"),
    **dict.fromkeys(sorted((ASSISTANT / "workflows" / "tests").glob("*.yaml")), "workflows/tests/NAME.yaml"),
}


def plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_schema_takes_what_is_read(path: Path) -> None:
    validator = jsonschema_rs.validator_for(json_schema(FILES[path]))

    found = [
        f"{error.instance_path}: {error.message}"
        for error in validator.iter_errors(plain(yaml.safe_load(path.read_text("utf-8"))))
    ]

    assert found == []


@pytest.mark.parametrize("step", ["nothing", {"asks": "order"}, {"ask": "order", "agin": True}, {"end": "done"}])
def test_the_schema_refuses_a_step_that_is_none(step: Any) -> None:
    path = ASSISTANT / "workflows" / "send_back.yaml"
    written = plain(yaml.safe_load(path.read_text("utf-8")))
    validator = jsonschema_rs.validator_for(json_schema("workflows/NAME.yaml"))
    assert validator.is_valid(written)

    assert not validator.is_valid({**written, "steps": [step, *written["steps"]]})
