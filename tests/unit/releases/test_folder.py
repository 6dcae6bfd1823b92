"""Reading an assistant folder."""

import shutil
from pathlib import Path

import pytest

from frontdesk.domain.errors import ConfigError
from frontdesk.domain.workflow_texts import WorkflowTexts
from frontdesk.releases import FILES, MANY_FILES, json_schema, read_assistant
from frontdesk.workflows.wording import Wording

DEMO = Path(__file__).parents[3] / "examples" / "harbor-and-pine"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo's assistant folder, without most of its articles."""
    target = tmp_path / "assistant"
    shutil.copytree(DEMO, target, ignore=shutil.ignore_patterns("*.md", "*.html"))
    shutil.copytree(DEMO / "prompts", target / "prompts", dirs_exist_ok=True)
    return target


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_assistant(folder)
    return [str(problem) for problem in caught.value.problems]


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_reads_the_demo(folder: Path) -> None:
    content = read_assistant(folder)

    assert content.profile.name == "Juniper"
    assert content.models.answer[-1].adapter == "extractive"
    assert {intent.name for intent in content.routing.intents} >= {"greeting", "human"}


def test_the_general_sentences_of_workflows_can_be_put_in_other_words(folder: Path) -> None:
    replace_in(folder / "assistant.yaml", "texts:\n", "texts:\n  workflow:\n    cancelled: {en: Stopped.}\n")

    texts = read_assistant(folder).profile.texts.workflow

    assert Wording(language="en", default_language="en", texts=texts).say("cancelled") == "Stopped."
    assert Wording(language="de", default_language="en", texts=texts).say("cancelled").startswith("In Ordnung")
    replace_in(folder / "assistant.yaml", "cancelled:", "canceled:")
    assert any("Did you mean `cancelled`?" in problem for problem in problems_of(folder))


def test_every_general_sentence_has_words_in_three_languages() -> None:
    texts = WorkflowTexts()

    for name in WorkflowTexts.__dataclass_fields__:
        assert set(getattr(texts, name)) == {"en", "es", "de"}, name


def test_a_folder_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    assert "frontdesk init" in problems_of(tmp_path / "nowhere")[0]


def test_lists_every_missing_file_at_once(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("answer: [{name: quotes, adapter: extractive}]\n")

    problems = problems_of(tmp_path)

    for name in ("assistant.yaml", "knowledge.yaml", "guards.yaml", "prompts/answer.md"):
        assert any(name in problem and "missing" in problem for problem in problems), name


def test_a_misspelt_name_is_shown_with_its_line_and_the_likely_word(folder: Path) -> None:
    (folder / "models.yaml").write_text("answer:\n  - name: quotes\n    adaptr: extractive\n    adapter: extractive\n")

    (problem,) = problems_of(folder)

    assert "models.yaml:3" in problem
    assert "Did you mean `adapter`?" in problem


def test_a_value_of_the_wrong_kind_is_shown_with_its_line(folder: Path) -> None:
    replace_in(folder / "retrieval.yaml", "passages: 5", "passages: many")

    (problem,) = problems_of(folder)

    assert "retrieval.yaml:2" in problem
    assert "passages" in problem


def test_broken_yaml_is_shown_with_its_line(folder: Path) -> None:
    (folder / "topics.yaml").write_text("uncovered: refuse\ntopics: [\n")

    assert "topics.yaml:3" in problems_of(folder)[0]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("assistant.yaml", "default_language: en", "default_language: fr", "default_language"),
        ("assistant.yaml", "timezone: Europe/Berlin", "timezone: Europe/Atlantis", "Europe/Atlantis"),
        ("intents.yaml", "name: thanks", "name: greeting", "defined twice"),
        ("topics.yaml", "name: legal", "name: safety-advice", "defined twice"),
        ("knowledge.yaml", "knowledge/es", "knowledge/nowhere", "is not there"),
        ("topics.yaml", "uncovered: refuse", "uncovered: shrug", "uncovered"),
    ],
)
def test_what_no_single_value_can_get_wrong_is_found(
    folder: Path, file: str, old: str, new: str, expected: str
) -> None:
    replace_in(folder / file, old, new)

    assert any(expected in problem and file in problem for problem in problems_of(folder))


def test_an_empty_prompt_is_a_problem(folder: Path) -> None:
    (folder / "prompts" / "answer.md").write_text("  \n")

    assert any("prompt is empty" in problem for problem in problems_of(folder))


def test_a_file_in_another_encoding_is_a_problem(folder: Path) -> None:
    (folder / "assistant.yaml").write_bytes("name: Müller".encode("utf-16"))

    assert any("assistant.yaml" in problem for problem in problems_of(folder))


@pytest.mark.parametrize("name", sorted([*FILES, *MANY_FILES]))
def test_every_file_has_a_schema_that_refuses_unknown_names(name: str) -> None:
    assert json_schema(name)["additionalProperties"] is False


@pytest.mark.parametrize(
    ("synonyms", "named"),
    [
        ("english: [[warranty, guarantee]]", "no language code"),
        ("en: [[warranty]]", "at least two"),
        ("en: [[send back, it]]", "only function words"),
    ],
)
def test_synonyms_that_cannot_work_are_named(folder: Path, synonyms: str, named: str) -> None:
    (folder / "retrieval.yaml").write_text(f"synonyms:\n  {synonyms}\n")

    (problem,) = [problem for problem in problems_of(folder) if "retrieval.yaml" in problem]

    assert named in problem


@pytest.mark.parametrize(
    ("starters", "named"),
    [
        ("{fr: [Combien coûte la livraison]}", "`starters.fr`: this is none of the assistant's `languages`"),
        ('{en: ["  "]}', "`starters.en`: a question has 1 to 120 characters"),
        (f"{{de: [{'x' * 121}]}}", "`starters.de`: a question has 1 to 120 characters"),
    ],
)
def test_starters_that_cannot_be_offered_are_named(folder: Path, starters: str, named: str) -> None:
    path = folder / "assistant.yaml"
    text = path.read_text(encoding="utf-8")
    before, after = text.partition("starters:")[0], text[text.index("\ntexts:") :]
    path.write_text(f"{before}starters: {starters}{after}", encoding="utf-8")

    (problem,) = [problem for problem in problems_of(folder) if "assistant.yaml" in problem]

    assert named in problem
