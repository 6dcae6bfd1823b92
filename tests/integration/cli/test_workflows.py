"""`frontdesk workflow …`: the list, a diagram, and tests played with the understanding that serves customers."""

import shutil
from pathlib import Path

import pytest

from command import Run
from frontdesk.releases import read_assistant

EXAMPLE = Path(__file__).parents[3] / "examples" / "harbor-and-pine"
NAMES = [workflow.name for workflow in read_assistant(EXAMPLE).workflows]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo's assistant, to be changed."""
    copied = tmp_path / "assistant"
    shutil.copytree(EXAMPLE, copied, ignore=shutil.ignore_patterns("knowledge"))
    (copied / "knowledge").mkdir()
    for source in read_assistant(EXAMPLE).knowledge.sources:
        (copied / source.folder).mkdir(parents=True, exist_ok=True)
    return copied


def test_lists_every_workflow_with_its_owner(run: Run) -> None:
    result = run("workflow", "list", "--assistant", str(EXAMPLE))

    assert result.code == 0
    assert all(name in result.out for name in NAMES)
    rows = run("workflow", "list", "--assistant", str(EXAMPLE), "--json").json
    assert [row["name"] for row in rows] == NAMES
    assert all(row["owner"] for row in rows)


def test_shows_one_as_text_as_json_and_as_a_diagram(run: Run, tmp_path: Path) -> None:
    name = NAMES[0]

    shown = run("workflow", "show", name, "--assistant", str(EXAMPLE), "--language", "de")
    told = run("workflow", "show", name, "--assistant", str(EXAMPLE), "--json").json
    run("workflow", "show", name, "--assistant", str(EXAMPLE), "--svg", str(tmp_path / "drawn.svg"))

    assert shown.code == 0
    assert all(step["step"] in shown.out for step in told["steps"])
    assert (tmp_path / "drawn.svg").read_text(encoding="utf-8").startswith("<svg")


def test_an_unknown_workflow_is_named_with_those_there_are(run: Run) -> None:
    result = run("workflow", "show", "refunds", "--assistant", str(EXAMPLE))

    assert result.code == 1
    assert f"There are {NAMES[0]}" in result.err


def test_plays_the_tests_beside_the_workflows(run: Run, tmp_path: Path) -> None:
    result = run("workflow", "test", "--assistant", str(EXAMPLE), "--data-dir", str(tmp_path))

    assert result.code == 0, result.out
    assert " 0 failed" in result.out


def test_a_failed_test_shows_what_was_expected_and_what_came(run: Run, folder: Path, tmp_path: Path) -> None:
    name = NAMES[0]
    (folder / "workflows" / "tests" / f"{name}.yaml").write_text(
        "tests:\n  - test: nobody is there\n    steps:\n      - customer: hello\n        signal: person\n"
        "      - expect end: answered\n"
    )

    result = run("workflow", "test", name, "--assistant", str(folder), "--data-dir", str(tmp_path))
    told = run("workflow", "test", name, "--assistant", str(folder), "--data-dir", str(tmp_path), "--json")

    assert result.code == told.code == 1
    assert f"workflows/tests/{name}.yaml:6" in result.out
    assert "expected  end answered" in result.out
    assert "got       it hands over (general)" in result.out
    assert told.json[0]["differences"][0]["line"] == 6


def test_a_folder_without_tests_is_told_so(run: Run, folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "workflows" / "tests")

    result = run("workflow", "test", "--assistant", str(folder), "--data-dir", str(tmp_path))

    assert result.code == 1
    assert "there is no test in workflows/tests" in result.err


def test_a_mistake_in_a_workflow_stops_with_its_line(run: Run, folder: Path) -> None:
    path = folder / "workflows" / f"{NAMES[0]}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("owner:", "ownr:", 1), encoding="utf-8")

    result = run("workflow", "list", "--assistant", str(folder))

    assert result.code == 3
    assert f"{NAMES[0]}.yaml:" in result.err
    assert "Did you mean `owner`?" in result.err


@pytest.mark.parametrize("file", ["workflows/NAME.yaml", "workflows/tests/NAME.yaml"])
def test_schemas_for_editors_know_every_kind_of_step(run: Run, file: str) -> None:
    schema = run("config", "schema", file).json

    assert schema["additionalProperties"] is False
    if file == "workflows/NAME.yaml":
        assert {"AskEntry", "ConfirmEntry", "HandOverEntry"} <= schema["$defs"].keys()
