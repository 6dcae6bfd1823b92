"""The command line, as an operator uses it: in order, in one place, with exit codes that mean something."""

import json
from pathlib import Path

import pytest

from command import Run

DEMO = Path(__file__).parents[3] / "examples" / "harbor-and-pine"


def test_a_newcomer_gets_from_nothing_to_an_answer(run: Run, tmp_path: Path) -> None:
    made = run("init", "assistant", "--name", "Ada", "--organisation", "Tea & Co")
    assert made.code == 0
    assert "fd_" in made.err
    assert "name: Ada" in (tmp_path / "assistant" / "assistant.yaml").read_text()

    checked = run("doctor")
    assert checked.code == 0, checked.out
    assert "Ada for Tea & Co" in checked.out

    synced = run("knowledge", "sync", "--json")
    assert synced.code == 0
    assert synced.json["accepted"] == 1

    asked = run("ask", "How many days do I have to return unused items?", "--json")
    assert asked.code == 0, asked.err
    assert "30 days" in asked.json["text"]

    refused = run("ask", "Who won the cup in 1954?")
    assert refused.code == 1
    assert "Shall I bring in a person?" in refused.out


def test_init_never_touches_what_is_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "assistant").mkdir()
    (tmp_path / "assistant" / "mine.txt").write_text("mine")

    result = run("init", "assistant")

    assert result.code == 1
    assert "not empty" in result.err
    assert [path.name for path in (tmp_path / "assistant").iterdir()] == ["mine.txt"]


def test_the_staff_key_is_shown_once(run: Run) -> None:
    first = run("init", "one", "--json").json
    second = run("init", "two", "--json").json

    assert str(first["staff_key"]).startswith("fd_")
    assert second["staff_key"] is None


def test_a_broken_assistant_folder_is_explained_with_file_and_line(run: Run, tmp_path: Path) -> None:
    run("init", "assistant")
    (tmp_path / "assistant" / "models.yaml").write_text("answer:\n  - name: x\n    adapter: magic\n")

    doctor = run("doctor")
    asked = run("ask", "hello")

    assert doctor.code == 1
    assert "models.yaml:3" in doctor.out
    assert asked.code == 3
    assert "models.yaml:3" in asked.err


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_PROT", "80")

    result = run("config", "show")

    assert result.code == 3
    assert "Did you mean FRONTDESK_PORT?" in result.err


def test_settings_are_shown_with_their_origin(run: Run) -> None:
    rows = {row["name"]: row for row in run("config", "show", "--data-dir", "here", "--json").json}

    assert rows["FRONTDESK_DATA_DIR"]["origin"] == "command line"
    assert rows["FRONTDESK_EMBEDDER"]["origin"] == "environment"
    assert rows["FRONTDESK_PORT"]["origin"] == "default"


def test_searching_before_reading_anything_in_says_what_to_do(run: Run) -> None:
    run("init", "assistant")

    result = run("knowledge", "search", "returns")

    assert result.code == 1
    assert "knowledge sync" in result.err


def test_a_search_sees_what_its_audiences_may_see(run: Run) -> None:
    common = ("--assistant", str(DEMO), "--json")
    run("knowledge", "sync", *common)
    question = "How many days do Pine Club members have to return items?"

    public = run("knowledge", "search", question, *common)
    member = run("knowledge", "search", question, "--audience", "members", *common)

    assert "members" not in {passage["audience"] for passage in public.json["passages"]}
    assert "members" in {passage["audience"] for passage in member.json["passages"]}


def test_rows_are_scored_and_a_bad_one_is_named_by_its_line(run: Run, tmp_path: Path) -> None:
    rows = [
        {"id": "1", "answer": "Returns take 30 days.", "context": "Returns take 30 days."},
        {"id": "2", "context": "no answer"},
        {"id": "3", "answer": "Returns take 90 days.", "context": "Returns take 30 days."},
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))

    result = run("score", "grounding", "rows.jsonl")

    assert result.code == 1
    assert "line 2" in result.err
    assert "answer" in result.err
    scores = {row["id"]: row["score"] for row in map(json.loads, result.out.splitlines())}
    assert scores["1"] < 0.1 < 0.5 < scores["3"]


def test_documents_are_ranked_for_questions(run: Run, tmp_path: Path) -> None:
    documents = [
        {"id": "tea", "text": "Green tea is steeped at 80 degrees."},
        {"id": "ship", "text": "We ship to Spain."},
    ]
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (tmp_path / "questions.jsonl").write_text(json.dumps({"id": "q", "question": "Do you ship to Spain?"}))

    result = run("score", "retrieval", "questions.jsonl", "--documents", "documents.jsonl")

    assert result.code == 0, result.err
    row = json.loads(result.out)
    assert row["ranking"][0] == "ship"
    assert 0 <= row["abstain"] <= 1


@pytest.mark.parametrize("text", ["not json", "[1]", '{"id": 1'])
def test_lines_that_are_no_objects_are_refused(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "rows.jsonl").write_text(text)

    result = run("score", "grounding", "rows.jsonl")

    assert result.code == 1
    assert "line 1" in result.err


def test_a_schema_is_printed_for_editors(run: Run) -> None:
    assert run("config", "schema", "models.yaml").json["additionalProperties"] is False
    assert run("config", "schema", "nothing.yaml").code == 2


def test_what_customers_wrote_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    run("init", "assistant")
    article = "---\ntitle: Odd\n---\nThe secret word is \x1b[31mred\x1b[0m and \x9b2J more.\n"
    (tmp_path / "assistant" / "knowledge" / "odd.md").write_text(article)
    run("knowledge", "sync")

    result = run("knowledge", "search", "What is the secret word?")

    assert "\x1b[31m" not in result.out
    assert "\x9b" not in result.out
