import shutil
from pathlib import Path

import pytest
import yaml

from frontdesk.domain.errors import ConfigError
from frontdesk.drills.material import prepared_assistant, questions_of
from frontdesk.releases import read_assistant

DEMO = Path(__file__).parents[3] / "examples" / "harbor-and-pine"
QUOTES = "answer:\n  - {name: quotes, adapter: extractive}\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Somebody's folder, with documents inside and outside of it, and things that are no assistant's."""
    folder = tmp_path / "own"
    shutil.copytree(DEMO, folder)
    outside = tmp_path / "handbook"
    outside.mkdir()
    (outside / "parking.md").write_text("# Parking\n\nParking is free.", encoding="utf-8")
    knowledge = yaml.safe_load((folder / "knowledge.yaml").read_text(encoding="utf-8"))
    knowledge["sources"].append({"name": "handbook", "folder": "../handbook"})
    (folder / "knowledge.yaml").write_text(yaml.safe_dump(knowledge), encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x", encoding="utf-8")
    return folder


def test_the_copy_has_other_models_and_reads_the_documents_where_they_are(own: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    copied = prepared_assistant(own, QUOTES, into=tmp_path / "copy")
    content = read_assistant(copied)
    assert [route.name for route in content.models.answer] == ["quotes"]
    folders = {Path(source.folder) for source in content.knowledge.sources}
    assert {(own / "knowledge" / "en").resolve(), (tmp_path / "handbook").resolve()} <= folders
    assert not list((copied / "knowledge").rglob("*.md"))
    assert not (copied / ".git").exists()
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_mistakes_in_the_models_name_the_file(own: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"models\.yaml"):
        prepared_assistant(own, "answer:\n  - {name: x, adapter: nobody}\n", into=tmp_path / "copy")


def test_questions_are_the_starters_and_then_the_examples_in_the_assistants_own_language(own: Path) -> None:
    questions = questions_of(own)
    assert questions[0] == "How do I cancel an order?"
    assert "how much is shippng to germany" in questions
    assert not any("ñ" in question or "ß" in question for question in questions)
    assert len(set(questions)) == len(questions)
