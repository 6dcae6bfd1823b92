"""The drill as people run it: processes of its own on a copy of the assistant, SQLite and PostgreSQL."""

from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from frontdesk.cli.main import app
from frontdesk.domain.errors import ConfigError, MalformedError
from frontdesk.drills.faults import SCENES, FaultOptions, run_fault_drill
from frontdesk.drills.faults.drill import chosen
from frontdesk.drills.material import prepared_assistant, questions_of
from frontdesk.drills.stage import scratch_database
from frontdesk.simulators.vendor import MODELS
from shop import DEMO

KEYS = ("reset", "404")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    server: URL = request.getfixturevalue("postgres_server")
    return server.render_as_string(hide_password=False)


async def test_the_drill_runs_on_one_s_own_assistant_and_leaves_nothing_behind(database_url: str) -> None:
    before = {path: path.read_bytes() for path in DEMO.rglob("*") if path.is_file()}
    told = []
    report = await run_fault_drill(
        FaultOptions(assistant=DEMO, database_url=database_url, only=KEYS), tell=lambda scene: told.append(scene.key)
    )
    found = report.as_json()
    assert tuple(told) == KEYS
    assert {path: path.read_bytes() for path in DEMO.rglob("*") if path.is_file()} == before
    assert found["database"] == ("postgresql" if database_url else "sqlite")
    for fault in found["faults"]:
        late = [complaint for complaint in fault["complaints"] if "later" not in complaint]
        assert late == [], fault  # a busy machine may be late
        assert fault["customers_saw"] in ("8 answered", "6 answered")
        assert 1 <= fault["attempts"]["first_vendor"] <= 6
        assert fault["is_alive_afterwards"]
    if database_url:
        assert await _drill_databases(database_url) == []


async def _drill_databases(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'frontdesk_drill_%'")
    finally:
        await connection.close()
    return [row["datname"] for row in rows]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nowhere", "not a database URL"),
        ("sqlite:///x.db", "only PostgreSQL"),
        ("postgresql://nobody@127.0.0.1:1/none", "No database can be made"),
    ],
)
async def test_a_database_that_cannot_be_had_is_a_sentence_that_names_its_option(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=r"--database-url.*") as caught:
        async with scratch_database(url):
            pass
    assert says in str(caught.value)


def test_every_scene_has_its_own_name_and_a_model_that_the_vendor_knows() -> None:
    assert len({scene.key for scene in SCENES}) == len(SCENES)
    assert {scene.primary for scene in SCENES} | {scene.fallback for scene in SCENES} <= set(MODELS)
    assert {str(number) for number in range(1, 18)} <= {scene.fault for scene in SCENES}


def test_scenes_are_chosen_by_name_or_by_the_row_of_the_failure_model() -> None:
    assert [scene.key for scene in chosen(["silent", "7"])] == ["silent", "slow-first"]
    with pytest.raises(MalformedError, match="no fault called nonsense") as caught:
        chosen(["nonsense", "7"])
    assert caught.value.data["field"] == "only"


def test_the_list_names_every_scene() -> None:
    listed = CliRunner().invoke(app, ["drill", "faults", "--list"])
    assert listed.exit_code == 0
    assert all(scene.key in listed.stdout for scene in SCENES)


async def test_a_folder_without_anything_to_ask_says_what_to_add(tmp_path: Path) -> None:

    folder = prepared_assistant(DEMO, "answer:\n  - {name: quotes, adapter: extractive}\n", into=tmp_path / "assistant")
    (folder / "questions.yaml").unlink()
    written = (folder / "assistant.yaml").read_text(encoding="utf-8")
    start, end = written.index("starters:"), written.index("texts:")
    (folder / "assistant.yaml").write_text(written[:start] + written[end:], encoding="utf-8")
    with pytest.raises(ConfigError, match="Add `starters`"):
        questions_of(folder)
