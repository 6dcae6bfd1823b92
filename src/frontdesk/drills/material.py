"""What a drill works with: a copy of one's own assistant with other models, and questions it has answers to."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.releases import read_assistant

_QUESTIONS = "questions.yaml"
_NO_CACHE = "\ncache: {entries: 0}\n"
"""A drill asks the same again and again, and is to be answered by a model each time."""


def prepared_assistant(folder: Path, models_yaml: str, *, into: Path | None = None) -> Path:
    """A copy of an assistant folder with another models.yaml; the documents stay where they are.

    Args:
        into: a folder that is not there yet; a new temporary one where it is missing, which the caller removes.
    Raises:
        ConfigError: every mistake in the folder, or in the models.
    """
    read_assistant(folder)
    target = into or Path(tempfile.mkdtemp(prefix="frontdesk-drill-")) / "assistant"
    knowledge = yaml.safe_load((folder / "knowledge.yaml").read_text(encoding="utf-8"))
    for source in knowledge["sources"]:
        source["folder"] = str((folder / source["folder"]).resolve())
    shutil.copytree(folder, target, ignore=_without({source["folder"] for source in knowledge["sources"]}))
    (target / "knowledge.yaml").write_text(yaml.safe_dump(knowledge, allow_unicode=True), encoding="utf-8")
    (target / "models.yaml").write_text(models_yaml + ("" if "cache:" in models_yaml else _NO_CACHE), encoding="utf-8")
    read_assistant(target)
    return target


def questions_of(folder: Path) -> tuple[str, ...]:
    """Questions in the assistant's own language that its documents ought to answer: its starters, then its examples.

    Raises:
        ConfigError: there are none.
    """
    profile = read_assistant(folder).profile
    found = [*profile.starters.get(profile.default_language, ()), *_examples(folder, profile.default_language)]
    if not found:
        problem = ConfigProblem(
            where=str(folder / "assistant.yaml"),
            message="There is no question that a drill could ask.",
            hint="Add `starters` in the default language, which are also offered to customers.",
        )
        raise ConfigError([problem])
    return tuple(dict.fromkeys(found))


def _examples(folder: Path, language: str) -> list[str]:
    path = folder / _QUESTIONS
    if not path.exists():
        return []
    listed: list[dict[str, Any]] = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("answerable") or []
    return [str(item["question"]) for item in listed if item.get("language", language) == language]


def _without(folders: set[str]) -> Callable[[str, list[str]], set[str]]:
    """For `copytree`: leaves out the documents, and what no assistant needs."""

    def ignored(inside: str, names: list[str]) -> set[str]:
        return {name for name in names if name.startswith(".") or str((Path(inside) / name).resolve()) in folders}

    return ignored
