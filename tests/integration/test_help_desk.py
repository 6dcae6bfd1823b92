"""The second example: a help desk of an IT department, made of the same parts as the shop."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from frontdesk.bootstrap import App, open_app
from frontdesk.cli.main import app as commands
from frontdesk.releases import read_assistant
from frontdesk.server import running_server
from frontdesk.settings import load_settings
from shop import DEMO, a_key

HELP_DESK = DEMO.parent / "it-help-desk"
FOLDERS = pytest.mark.parametrize("folder", [DEMO, HELP_DESK], ids=lambda folder: folder.name)


def run(*arguments: str) -> Any:
    done = CliRunner().invoke(commands, [*arguments, "--json"], env={"FRONTDESK_EMBEDDER": "none"})
    return done.exit_code, json.loads(done.stdout)


@FOLDERS
def test_the_doctor_finds_nothing_wrong_with_an_example(folder: Path, tmp_path: Path) -> None:
    code, told = run("doctor", "--offline", "--assistant", str(folder), "--data-dir", str(tmp_path))

    assert code == 0, told
    assert not [check for check in told if check["state"] == "problem"]


@FOLDERS
def test_the_tests_beside_an_examples_workflows_pass(folder: Path, tmp_path: Path) -> None:
    code, told = run("workflow", "test", "--assistant", str(folder), "--data-dir", str(tmp_path))

    assert code == 0, told


@FOLDERS
def test_every_workflow_of_an_example_has_tests_beside_it(folder: Path) -> None:
    workflows = {workflow.name for workflow in read_assistant(folder).workflows}

    assert workflows == {path.stem for path in (folder / "workflows" / "tests").glob("*.yaml")}
    assert len(workflows) >= 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    app: App
    http: httpx.AsyncClient
    office: httpx.AsyncClient

    async def say(self, subject: str, *texts: str) -> list[dict[str, Any]]:
        assert self.app.demo is not None
        token = self.app.demo.login.sign_in(subject, [])
        opened = (await self.http.post("/v1/conversations", json={"identity_token": token})).json()
        path = f"/v1/conversations/{opened['conversation_id']}/messages"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        turns = []
        for text in texts:
            said = text if text != "CODE" else await self._code(subject)
            answer = await self.http.post(path, json={"text": said}, headers={**headers, **a_key()})
            assert answer.status_code == 200, answer.text
            turns.append(answer.json())
        return turns

    async def _code(self, subject: str) -> str:
        sent = (await self.office.get("/_codes", params={"customer_id": subject})).json()["codes"]
        code: str = sent[-1]["code"]
        return code

    async def effects(self, subject: str) -> list[tuple[str, str]]:
        told = (await self.office.get("/_effects", params={"customer_id": subject})).json()["effects"]
        return [(one["operation"], one["reference"]) for one in told]


@asynccontextmanager
async def a_help_desk(data_dir: Path) -> AsyncIterator[Visit]:
    app = await open_app(load_settings({}, data_dir=data_dir, assistant_dir=HELP_DESK, embedder="none", demo=True))
    async with running_server(app) as url:
        office_url = app.simulated.address("backoffice")
        async with httpx.AsyncClient(base_url=url) as http, httpx.AsyncClient(base_url=office_url) as office:
            yield Visit(app=app, http=http, office=office)


async def test_a_password_is_renewed_after_a_code_and_a_yes_a_request_waits_and_a_task_is_ticked_off(
    tmp_path: Path,
) -> None:
    async with a_help_desk(tmp_path) as desk:
        renewed = await desk.say("emp-105", "I forgot my password", "CODE", "mail", "yes")
        asked = await desk.say(
            "emp-113", "I need access to the drawing program", "read and change", "The plans of the school", "yes"
        )
        ticked = await desk.say(
            "emp-108", "What do I have to do in my first days?", "yes", "the security briefing", "yes"
        )

        assert [turn["outcome"] for turn in renewed][-1] == "acted", renewed
        assert await desk.effects("emp-105") == [("reset_password", "emp-105-mail")]
        assert asked[-1]["outcome"] == "acted", asked
        assert "waits for your manager" in asked[-1]["text"]
        assert ticked[-1]["outcome"] == "acted", ticked
        assert await desk.effects("emp-108") == [("finish_task", "OB-108-3")]


async def test_without_the_code_no_password_is_renewed(tmp_path: Path) -> None:
    async with a_help_desk(tmp_path) as desk:
        turns = await desk.say("emp-105", "I forgot my password", "000000", "yes", "mail", "yes")

        assert all(turn["outcome"] != "acted" for turn in turns)
        assert await desk.effects("emp-105") == []


async def test_its_starters_are_answered_from_its_pages(tmp_path: Path) -> None:
    async with a_help_desk(tmp_path) as desk:
        for question in read_assistant(HELP_DESK).profile.starters["en"]:
            (turn,) = await desk.say("emp-120", question)
            assert turn["outcome"] == "answered", turn
            assert turn["citations"], turn


async def test_the_demos_visitors_are_people_of_the_simulated_systems(tmp_path: Path) -> None:
    async with a_help_desk(tmp_path) as desk:
        assert desk.app.demo is not None
        for visitor in desk.app.demo.visitors:
            path, headers = f"/it/employees/{visitor.subject}", {"X-Api-Key": "backoffice-it"}
            assert (await desk.office.get(path, headers=headers)).json()["name"] == visitor.name
