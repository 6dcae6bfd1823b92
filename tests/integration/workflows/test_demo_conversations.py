"""Conversations over the demo's workflows and the back office, through a running server."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration.workflows.test_refund_situations import Desk, a_desk
from shop import a_key

SCRIPTS: Sequence[Mapping[str, Any]] = [
    entry
    for path in sorted((Path(__file__).parent / "conversations" / "demo").glob("*.yaml"))
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
]


async def _talk(desk: Desk, script: Mapping[str, Any]) -> list[str]:
    assert desk.app.demo is not None
    token = desk.app.demo.login.sign_in(desk.customers[script["story"]], [])
    body = {"locale": script["language"], "identity_token": token}
    opened = (await desk.http.post("/v1/conversations", json=body)).json()
    headers = {"Authorization": f"Bearer {opened['token']}"}
    path = f"/v1/conversations/{opened['conversation_id']}/messages"
    said = []
    for line in script["lines"]:
        answer = await desk.http.post(path, json={"text": line["customer"]}, headers={**headers, **a_key()})
        said.append(answer.json()["text"])
    return said


async def _walk(desk: Desk, script: Mapping[str, Any]) -> list[str]:
    """What went wrong; nothing where all is well."""
    customer = desk.customers[script["story"]]
    before = await _effects(desk, customer)
    said = await _talk(desk, script)
    wrong = []
    for line, text in zip(script["lines"], said, strict=True):
        missing = [words for words in _several(line.get("says")) if words not in text]
        unwanted = [words for words in _several(line.get("never")) if words in text]
        if missing or unwanted:
            wrong.append(f"{script['name']}: after {line['customer']!r}: {text!r} (missing {missing}, has {unwanted})")
    effects = (await _effects(desk, customer))[len(before) :]
    if effects != list(script["effects"]):
        wrong.append(f"{script['name']}: changed {effects}")
    return wrong


async def _effects(desk: Desk, customer: str) -> list[str]:
    told = (await desk.office.get("/_effects", params={"customer_id": customer})).json()["effects"]
    return [one["system"] for one in told]


def _several(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


async def _walk_all(data_dir: Path) -> Mapping[str, list[str]]:
    async with a_desk(data_dir) as desk:
        return {script["name"]: await _walk(desk, script) for script in SCRIPTS}


@pytest.fixture(scope="module")
def walked(_words: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """Every conversation, had with one server."""
    data_dir = tmp_path_factory.mktemp("conversations") / "data"
    shutil.copytree(_words, data_dir)
    return asyncio.run(_walk_all(data_dir))


@pytest.mark.parametrize("name", [script["name"] for script in SCRIPTS])
def test_a_conversation_over_the_demo_ends_as_it_should(name: str, walked: Mapping[str, list[str]]) -> None:
    assert walked[name] == []
